# Les phrases de la console et du rapport HTML, en français.
# Les nombres et les dates arrivent déjà écrits ; `n` est le nombre nu, pour les pluriels seulement.

## Autour de chaque page
page-barometer = Baromètre
page-cohorts = Cohortes
page-survival = Survie
page-problem = Erreur
skip = Aller au contenu
nav-pages = Pages
nav-parts = Parties du rapport
nav-languages = Langue
nav-variants = Façon de compter
nav-units = Unité
data-set = Données :
show = Afficher
busy = Calcul en cours…
footer = Cette console ne tourne que sur votre ordinateur. Rien n’en sort.
footer-file = Fait par Fidance. Tout est dans ce fichier ; il ne charge rien d’ailleurs.
control-every = Périodes
control-window = Fenêtre d’activité
control-by = Segments par
every-day = Jours
every-week = Semaines
every-month = Mois
every-quarter = Trimestres
window-auto = Automatique
window-auto-chosen = Automatique ({ $window })
days = { $n ->
    [one] { $count } jour
   *[other] { $count } jours
}
months = { $n ->
   *[other] { $count } mois
}
units = { $n ->
    [one] { $count } unité
   *[other] { $count } unités
}
points = { $n ->
    [one] { $points } point
   *[other] { $points } points
}
purchases = { $n ->
    [one] { $count } achat
   *[other] { $count } achats
}
from-to = { $low } à { $high }
less-than = moins de { $share }
rate-with-interval = { $rate } ({ $low } à { $high })
estimate-between = { $estimate } ({ $low } à { $high })
chart-needs-script = Le graphique est tracé par JavaScript. Les mêmes chiffres sont dans le tableau.
chart-figures = Chiffres

## Erreurs
problem-home = Retour au baromètre
problem-choice-title = Cette valeur n’existe pas
problem-choice-every = Le paramètre « every » vaut « { $value } ». Il peut valoir day, week, month ou quarter.
problem-choice-window = Le paramètre « window » vaut « { $value } ». Écrivez auto, ou une durée comme 90d, 12w, 3mo ou 1y.
problem-choice-other = Le paramètre « { $parameter } » ne peut pas valoir « { $value } ».
problem-not-found-title = Cette page n’existe pas
problem-not-found = La console a trois pages : le baromètre, les cohortes et la survie.
problem-host-title = Mauvaise adresse
problem-host = Cette console ne répond qu’à localhost ou 127.0.0.1, pour tenir les autres sites à l’écart.
problem-link-title = Ouvrez d’abord le lien
problem-link = Ouvrez le lien que le serveur a affiché à son démarrage. Il sert une fois ; ensuite le navigateur est connu.
problem-read-only-title = Lecture seule
problem-read-only = Cette console ne fait qu’afficher ; elle ne change rien.
problem-empty-title = Rien à compter
problem-empty = Il ne reste aucune activité de client dans les données. Voyez les colonnes choisies et les lignes rejetées.
problem-too-long-title = Les données couvrent trop de temps
problem-too-long = Les dates couvrent { $days } jours ; un rapport en couvre 200 ans au plus. La cause habituelle est une date fausse.
problem-failed-title = Échec
problem-failed = Le rapport n’a pas pu être fait. La cause est écrite dans le journal du programme.

## Mots du métier
trc = Taux de rétention
trc-long = Taux de rétention client
kept = Conservés
new = Nouveaux
reactivated = Réactivés
lost = Perdus
at-start = Au début
at-end = À la fin
new-lost = Venus et repartis
textbook = Formule usuelle
revenue = Chiffre d’affaires
nrr = Rétention nette du chiffre d’affaires
grr = Rétention brute du chiffre d’affaires
period = Période
state = État
customers = Clients
interval-95 = Intervalle à 95 %
interval-low = Borne basse
interval-high = Borne haute
year-before = Un an avant
not-counted = Non compté
state-counted = Comptée
state-open = En cours
state-warming = Amorçage
state-nobody = Personne au début

## Baromètre : maintenant
headline-sentence = Sur { $of } clients actifs le { $start }, { $kept } l’étaient encore après le { $end }.
headline-interval = Intervalle à 95 % : de { $low } à { $high }.
headline-counted = Comptés : { $kept } clients sur { $start }.
against-period = Par rapport à { $period }
against-higher = { $n ->
    [one] { $points } point de plus
   *[other] { $points } points de plus
}
against-lower = { $n ->
    [one] { $points } point de moins
   *[other] { $points } points de moins
}
against-unclear = Pas de différence nette
trend-label = Tendance sur { $periods } périodes (indicatif : les périodes partagent des clients)
trend-rising = { $n ->
    [one] Hausse de { $points } point par an
   *[other] Hausse de { $points } points par an
}
trend-falling = { $n ->
    [one] Baisse de { $points } point par an
   *[other] Baisse de { $points } points par an
}
trend-unclear = Pas de tendance nette
points-between = entre { $low } et { $high } points
points-unclear = { $points } points, entre { $low } et { $high }
nrr-label = Rétention nette du chiffre d’affaires
nrr-detail = ce que dépensent les mêmes clients, hausses comprises
grr-label = Rétention brute du chiffre d’affaires
grr-detail = ce que dépensent les mêmes clients, hausses exclues
no-headline-title = Pas encore de taux
no-headline = Aucune période n’est encore complète. Une période compte dès que les données en atteignent la fin et commencent au moins une fenêtre avant elle. Essayez des périodes ou une fenêtre plus courtes.
no-headline-lifetimes = Ce tableau donne une durée par client, sans dates : il n’y a pas de périodes. La page Survie dit combien de temps les clients restent.
unsettled-open = La dernière période, { $period }, n’est pas terminée dans les données : elle est en pointillé ou hachurée, et non comptée.
unsettled-warming = { $n ->
    [one] La première période est en amorçage : les données commencent trop tard pour savoir qui était actif avant elle. Elle est en pointillé ou hachurée, et non comptée.
   *[other] Les { $count } premières périodes sont en amorçage : les données commencent trop tard pour savoir qui était actif avant elles. Elles sont en pointillé ou hachurées, et non comptées.
}
unsettled-both = { $n ->
    [one] La première période est en amorçage : les données commencent trop tard pour savoir qui était actif avant elle. La dernière, { $period }, n’est pas terminée. Toutes deux sont en pointillé ou hachurées, et non comptées.
   *[other] Les { $count } premières périodes sont en amorçage : les données commencent trop tard pour savoir qui était actif avant elles. La dernière, { $period }, n’est pas terminée. Toutes sont en pointillé ou hachurées, et non comptées.
}

## Baromètre : les graphiques
rate-title = La rétention, période par période
rate-words = Parmi les clients actifs au début d’une période, la part encore active à la fin. La bande est l’intervalle à 95 % : plus elle est large, moins il y a de clients.
rate-summary = Taux de rétention de { $from } ({ $first }) à { $to } ({ $last }).
rate-summary-none = Aucune période n’est encore complète.
rate-table = Taux de rétention par période
flows-title = Qui vient, qui reste, qui part
flows-words = Au-dessus de la ligne, tous les clients actifs en fin de période : conservés, nouveaux, ou revenus après un silence. En dessous, ceux qui ont été perdus.
flow-summary = { $period } : { $kept } conservés, { $new } nouveaux, { $reactivated } réactivés, { $lost } perdus.
flow-summary-none = Flux de clients par période ; aucune n’est encore complète.
flow-table = Flux de clients par période

## Baromètre : la valeur
worth-title = Ce que vaut un point
worth-words = Un point de rétention, c’est un client sur cent, conservé au lieu d’être perdu. Estimé sur vos propres données.
worth-unit = par an pour un point de rétention
worth-interval = Entre { $low } et { $high }, compte tenu de l’incertitude du modèle et de l’erreur de l’an passé quand elle est connue.
worth-how = Un point, c’est { $customers } clients. Sur douze mois, un client actif devrait rapporter { $active } ; un client qui vient d’être perdu, et qui peut encore revenir, { $lost }. La différence, multipliée par { $customers }, est la valeur du point.
worth-checked = Vérifié sur l’an passé : avec ce qu’on savait le { $date }, un client actif devait rapporter { $active } en douze mois et en a rapporté { $active_observed } ; un client qui venait d’être perdu devait rapporter { $lost }, il a rapporté { $lost_observed }. L’intervalle tient compte de cette erreur.
worth-details = Comment c’est estimé
worth-active-customers = Clients actifs à la fin des données
worth-alive-customers = Dont pas encore partis pour de bon (estimation ; un acheteur d’une seule fois est compté présent)
worth-active-year = Un client actif, sur douze mois
worth-lost-year = Un client tout juste perdu, sur douze mois
worth-point-year = Un point, sur douze mois
no-value-too-few = { $n ->
    [0] aucun client n’a racheté ni n’est parti jusqu’ici, il en faut { $needed }
    [one] seul { $customers } client a racheté ou est parti jusqu’ici, il en faut { $needed }
   *[other] seuls { $customers } clients ont racheté ou sont partis jusqu’ici, il en faut { $needed }
}
no-value-not-estimable = le modèle d’achat ne se stabilise pas sur ces données
no-value-amounts = les montants ne suivent pas le modèle de dépense, on compte donc des achats
no-value-nothing = personne n’est actif à la fin des données, ou personne n’a été perdu récemment
worth-absent = La valeur d’un point ne se lit pas dans ces données.
worth-absent-reason = La valeur d’un point ne se lit pas dans ces données : { $reason }.
model-bgnbd = Achats : modèle BG/NBD ajusté sur { $customers } clients jusqu’au { $date } (r { $r }, α { $alpha }, a { $a }, b { $b } ; semaines).
model-gamma-gamma = Montants : modèle Gamma-Gamma (p { $p }, q { $q }, v { $v }).
model-sbg = Renouvellements : modèle bêta-géométrique décalé ajusté sur { $customers } clients (α { $alpha }, β { $beta } ; mois).
quotes-title = Cité, non mesuré ici
quote-profit = Cinq points de départs annuels en moins augmentaient le profit de 25 à 85 %, selon le métier.
quote-profit-source = F. Reichheld et W. E. Sasser, Harvard Business Review, 1990, sur neuf métiers, de services pour la plupart ; Bain & Company cite ensuite 25 à 95 %.
quote-profit-caution = Les 5 % de l’article sont cinq points du taux de départ annuel. Il s’agit de la valeur actuelle du profit d’un client moyen, dans ces métiers, à cette époque. Cela ne dit rien du vôtre.
quote-cost = Gagner un client coûterait 5 à 25 fois plus que d’en conserver un.
quote-cost-source = A. Gallo, Harvard Business Review, 2014.
quote-cost-caution = L’article précise lui-même que cela dépend de l’étude et du secteur, et ne cite aucune étude pour cette fourchette.

## Baromètre : les segments
segments-title = Par segment
segments-words = Un segment n’est au-dessus ou au-dessous de l’ensemble que si tout son intervalle l’est ; sinon, les données ne les distinguent pas. Sur vingt segments, un peut sortir par hasard.
segments-caption = Taux de rétention par « { $column } », { $period }
segments-no-periods = Sans dates, il n’y a pas de taux à comparer entre segments. La page Survie compare combien de temps ils restent.
segments-none = Le fichier n’a pas de colonne pour grouper les clients. Relancez avec --segment COLONNE pour comparer pays, canaux ou produits.
segments-left-out = { $n ->
    [one] { $count } autre segment n’est pas affiché ; il est dans le rapport JSON.
   *[other] { $count } autres segments ne sont pas affichés ; ils sont dans le rapport JSON.
}
sort-by = Trier par { $column }
course = Évolution
difference-to-all = Écart en points
segment-above = au-dessus
segment-below = au-dessous
segment-alike = pas d’écart net
segment-nobody = personne au début
segment-none = (vide)
spark-words = De { $from } ({ $first }) à { $to } ({ $last })

## Baromètre : la façon de compter
reconciliation-title = Deux formules, un écart
reconciliation-words = La formule usuelle crédite la rétention des clients réactivés. Fidance compte ceux qui sont restés.
reconciliation-intro = Pour { $period } :
reconciliation-outcome = Réactivés : { $reactivated }, qui gonflent le chiffre usuel. Venus et repartis dans la période : { $passing }, qui le réduisent.
formula = Formule
formula-letters = En lettres
formula-numbers = En chiffres
formula-result = Résultat
formula-kept = Taux de rétention
formula-gap = Réactivés, moins venus et repartis
formula-textbook = Formule usuelle
formula-key = S actifs au début, E à la fin, K conservés, N nouveaux, R réactivés, N₀ venus et repartis dans la période.
definition-title = Ce qui est compté
definition-words = Elle vaut pour les taux, les flux et la survie ; les cohortes comptent une activité dans la période même.
def-active = Client actif
def-active-every-row = Un client dont la dernière ligne date de moins de { $window }.
def-active-activity = Un client dont la dernière activité « { $activity } » date de moins de { $window }.
def-active-contract = Un client dont un abonnement couvre le jour.
def-active-grace = Un client dont un abonnement couvre le jour, ou s’est terminé au plus { $grace } avant.
def-active-lifetime = Une ligne par client : combien de temps, et si c’est fini.
def-why = Pourquoi cette fenêtre
def-why-words = Choisie d’après { $gaps } intervalles entre deux activités : la moitié durent au plus { $half }, 95 % au plus { $most }. D’où { $window }.
def-why-limited = Les données sont trop courtes pour une fenêtre plus longue.
def-periods = Périodes
def-periods-words = { $every }, dans le fuseau horaire { $zone }
def-periods-day = Jours civils
def-periods-week = Semaines du lundi au dimanche (ISO)
def-periods-month = Mois civils
def-periods-quarter = Trimestres civils
def-data = Données
def-data-words = Du { $first } au { $last }
def-rows = Lignes
def-rows-words = { $rows } lues, { $used } utilisées, { $customers } clients
def-filtered = Laissées de côté
def-filtered-words = { $n ->
    [one] { $rows } ligne, par une condition ou parce que c’est un autre événement
   *[other] { $rows } lignes, par une condition ou parce que ce sont d’autres événements
}
def-columns = Colonnes
def-files = Fichiers
column-guessed = devinée
role-customer = client
role-at = date
role-event = événement
role-value = montant
role-currency = devise
role-segment = segment
role-start = début
role-end = fin
role-duration = durée
role-ended = terminé
role-reason = motif
role-entry = âge à l’entrée
rejected-title = Lignes inutilisables
rejected-none = Les { $rows } lignes ont toutes pu être utilisées.
rejected-some = { $n ->
    [one] { $rejected } ligne sur { $rows } n’a pas pu être utilisée ({ $share }).
   *[other] { $rejected } lignes sur { $rows } n’ont pas pu être utilisées ({ $share }).
}
rejected-file = Elles sont gardées dans
rejected-caption = Lignes rejetées, par motif
reason = Motif
rows = Lignes
first-line = Première ligne
reason-no-customer = Pas de client
reason-reserved-customer = Un identifiant qui ne désigne personne, comme null ou anonymous
reason-no-date = Pas de date
reason-unreadable-date = Une date illisible
reason-date-out-of-range = Une date hors limites
reason-ends-before-start = Une fin avant son début
reason-no-duration = Pas de durée
reason-unreadable-duration = Une durée illisible
reason-enters-after-end = Un âge à l’entrée après la fin
reason-unreadable-ended = On ne sait pas si le client est parti
reason-wrong-field-count = Une ligne avec trop ou pas assez de cellules
reason-line-too-long = Une ligne de plus d’un mégaoctet
reason-unclosed-quote = Un guillemet ouvert et non fermé dans sa ligne
reason-invalid-utf8 = Du texte qui n’est pas en UTF-8
reason-nul-byte = Un octet nul
reason-invalid-json = Une ligne qui n’est pas du JSON valide
notes-title = À garder à l’esprit
note-first-cohort = La première cohorte contient sans doute aussi des clients venus avant le début des données.
note-single-cohort = { $share } des clients sont venus dans le premier cinquième des données. Quand personne de nouveau n’arrive, le taux suit l’âge du groupe : il baisse quand partent les acheteurs d’une fois, puis se stabilise. Une baisse n’y est pas forcément une alerte.
note-value-sample = La valeur repose sur un échantillon de { $customers } clients.
note-correlation = Fréquence et montant d’achat sont liés (corrélation { $correlation }) ; le modèle de valeur les suppose sans lien.
note-amounts = Les montants ne suivent pas le modèle de dépense : la valeur est comptée en achats.
note-overlap = La fenêtre est plus longue qu’une période : les taux successifs partagent des clients et bougent ensemble.

## Cohortes
cohorts-lead = Les clients groupés selon leur première venue, et combien sont revenus ensuite. Une case dont le temps n’est pas écoulé reste vide.
cohorts-none = Il n’y a pas de cohortes : les données n’ont pas de dates, ou personne n’a été actif dans une période complète.
cohorts-only-one = Tous les clients sont venus dans la même période : il y a une seule cohorte, et rien à quoi la comparer.
cohorts-caption = Cohortes, { $variant }. Colonnes : { $elapsed }.
cohorts-cut = Seules les { $most } dernières cohortes et les { $most } premières colonnes sont affichées ; le reste est dans le rapport JSON.
cohort = Première venue
pooled-mean = Moyenne pondérée
pooled-note = La moyenne est pondérée par la taille des cohortes et n’utilise que les cases complètes.
variant-n-day = À cette période
variant-unbounded = À cette période ou après
variant-bracket = Dans une plage
variant-full = À chaque période
variant-n-day-words = La part de chaque cohorte revue dans cette période précise après la première.
variant-unbounded-words = La part revue dans cette période ou dans une période ultérieure. Les dernières cases de chaque cohorte sont trop basses, car les données s’arrêtent.
variant-bracket-words = La part revue au moins une fois dans la plage de périodes.
variant-full-words = La part revue dans chaque période jusqu’à celle-là.
unit-share = %
unit-customers = Clients
elapsed-days = Jours après le premier
elapsed-weeks = Semaines après la première
elapsed-months = Mois après le premier
elapsed-quarters = Trimestres après le premier
curve-title = La courbe moyenne
curve-words = Toutes les cohortes ensemble. Là où la courbe s’aplatit, peu de clients s’arrêtent encore.
curve-summary = { $elapsed } : la moyenne pondérée va de { $from } ({ $first }) à { $to } ({ $last }).
curve-table = Moyenne pondérée des cohortes
customers-observed = Clients observés

## Survie
survival-none = Les données ne contiennent pas de durées à tracer.
survival-title = Combien de temps les clients restent
survival-words = La part des clients encore conservés après chaque durée, jusqu’à la première fois où ils ne sont plus actifs ; un retour ne compte pas ici (Kaplan-Meier). Avec une fenêtre d’activité, personne ne peut être perdu avant la fin de la fenêtre. Ceux qui sont encore clients comptent aussi longtemps qu’on les a vus.
survival-by = Par « { $column } »
survival-summary = Encore conservés après { $duration } : { $shares }.
survival-table = Part encore conservée, avec son intervalle à 95 %
at-risk-caption = Clients encore observés
all-customers = Tous les clients
median-reached = La moitié des clients sont perdus après { $duration }.
median-not-reached = Plus de la moitié des clients restent aussi longtemps que les données permettent de voir : { $share } après { $duration }.
not-reached = pas atteinte
half-lost-after = Moitié perdue après
medians-caption = Les groupes et leur durée médiane
curves-left-out = Les { $most } plus grands groupes sont tracés. Seulement dans le tableau : { $names }.
axis-days = Jours depuis la première activité
axis-units = Durée, dans l’unité du fichier
log-rank-differ = Les groupes ne restent pas aussi longtemps les uns que les autres. Si les groupes restaient aussi longtemps, des écarts au moins aussi grands arriveraient { $chance }.
log-rank-alike = Les données ne distinguent pas ces groupes. S’ils restaient aussi longtemps, des écarts au moins aussi grands arriveraient { $chance }.
log-rank-statistics = (Test du log-rank : { $statistic } pour { $n ->
    [one] { $degrees } degré de liberté
   *[other] { $degrees } degrés de liberté
}.)
chance-below = moins d’une fois sur { $n }
chance-about = dans { $share } des cas
incidence-title = Pourquoi ils partent
incidence-words = La probabilité d’être parti pour chaque motif à un moment donné, les autres motifs jouant aussi (Aalen-Johansen).
incidence-summary = Probabilité d’être parti, par motif : { $names }.
incidence-table = Motifs de départ
probability = Probabilité à la fin
by-then = À
returns-title = Qui revient encore
returns-words = Parmi les silences qui ont duré tant de jours, la part qui a pris fin dans l’année suivante.
returns-summary = Parmi les silences de { $duration }, { $share } ont pris fin dans l’année.
returns-table = Chance de retour après un silence
chance-to-return = Chance de revenir dans l’année
axis-silent = Jours de silence
silent-for = Silence de
observed = Silences observés
came-back = Silences terminés
share = Part
months-kept = { $n ->
   *[other] { $count } mois sous contrat
}
worth-how-contracts = Un point, c’est { $customers } clients. Sur douze mois, un client sous contrat devrait rapporter { $active } ; un client dont le contrat a pris fin, rien. Les montants sont pris comme mensuels.
