# Les phrases de la console et du rapport HTML, en français.
# Les nombres et les dates arrivent déjà écrits ; `n` est le nombre nu, pour les pluriels seulement.

## Autour de chaque page
page-barometer = Baromètre
page-alarm = Alerte
page-diagnosis = Diagnostic
page-events = Événements
page-cohorts = Cohortes
page-survival = Survie
page-method = Comment les chiffres sont calculés
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
problem-not-found = La console a cinq pages : le baromètre, l’alerte, les événements, les cohortes et la survie.
problem-alarm-title = Cette alerte n’existe pas
problem-alarm = Une alerte porte le nom de sa série et de la semaine qui l’a déclenchée. De nouvelles données peuvent la déplacer ou l’effacer ; la page Alerte donne la liste de celles qui existent.
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
moved-title = Ce qui a déplacé le taux
moved-sentence = Depuis { $period }, le taux a varié de { $n ->
    [one] { $change } point
   *[other] { $change } points
} : { $rate } parce que les groupes restent plus ou moins qu’alors, { $mix } parce que leur part parmi les clients a changé.
moved-key = La ligne est ce que le taux propre d’un groupe a fait au taux de tous, avec son intervalle à 95 % ; le trait fin, l’absence d’effet. En gris quand l’intervalle le contient.
moved-points = { $n ->
    [one] { $points } point
   *[other] { $points } points
}
moved-table = Parts de la variation par « { $column } », en points ; leur somme est le tout
moved-own = Taux propre
moved-mix = Part parmi les clients
moved-both = Ensemble
moved-all = Tous

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

## L’alerte : les mots que plusieurs pages partagent
customers-fewer = { $size } de clients de moins
customers-more = { $size } de clients de plus
change-fewer = { $size } de moins
change-more = { $size } de plus
between = entre { $low } et { $high }
between-both = entre { $less } de moins et { $more } de plus
more-than = plus de { $number }
weeks = { $n ->
    [one] { $count } semaine
   *[other] { $count } semaines
}
either = { $first } ou { $last }
values-more = { $values } ou { $n ->
    [one] { $count } autre
   *[other] { $count } autres
}
condition = { $values } ({ $column })
condition-not = tout sauf { $values } ({ $column })
series-returns = Retours
series-retention = Rétention
fall-returns-open = Depuis le { $from } environ, il revient { $change } que prévu ({ $between }){ $mostly }.
fall-returns-over = Du { $from } au { $to } environ, il est revenu { $change } que prévu ({ $between }){ $mostly }.
fall-retention-open = Depuis le { $from } environ, il reste { $change } que prévu ({ $between }){ $mostly }.
fall-retention-over = Du { $from } au { $to } environ, il est resté { $change } que prévu ({ $between }){ $mostly }.
fall-mostly = , surtout { $group }
shape-sudden = Soudaine : d’une semaine à l’autre
shape-gradual = Progressive : sur deux mois ou plus
shape-unclear = Soudaine ou progressive : on ne sait pas
onset-one = Aucune autre semaine n’entre en ligne de compte pour le début
onset-between = Le début se situe entre le { $from } et le { $to }

## L’alerte : la page
alarm-notice = Une alerte est ouverte. { $sentence }
alarm-link = Voir le diagnostic
alarm-why = Voir le diagnostic
alarm-watching-title = Aucune alerte ouverte
alarm-raised-title = { $n ->
    [one] Une alerte est ouverte
   *[other] { $count } alertes sont ouvertes
}
alarm-last-week = { $n ->
    [one] { $observed } client est revenu pendant la dernière semaine complète ({ $week }) ; on en attendait { $range }.
   *[other] { $observed } clients sont revenus pendant la dernière semaine complète ({ $week }) ; on en attendait { $range }.
}
alarm-running = Semaine en cours, jusqu’au { $day } ({ $d ->
    [one] 1 jour
   *[other] { $days } jours
}) : { $n ->
    [one] { $observed } client est revenu
   *[other] { $observed } clients sont revenus
} ; on en attendait { $range } à cette date. D’ordinaire, { $part } des retours d’une semaine sont là ce jour-là. La semaine entière devrait en compter { $total }. Aucune alerte ne repose sur une semaine inachevée.
alarm-no-week = Aucune semaine ne se compare encore.
alarm-worth-a-look = Les dernières semaines méritent un coup d’œil : elles sont en dessous de l’attendu, sans preuve suffisante pour une alerte. Ce signe ne promet rien.
alarm-learning-title = Encore en apprentissage
alarm-learning = Les données comptent { $n ->
    [one] { $weeks } semaine complète
   *[other] { $weeks } semaines complètes
}, et il en faut { $needed } avant de pouvoir attendre quoi que ce soit. { $m ->
    [one] Il en manque { $missing }.
   *[other] Il en manque { $missing }.
}
alarm-nothing-title = Rien à attendre
alarm-nothing = Semaine après semaine, personne n’est revenu, ou tout le monde est revenu. Sans un taux entre les deux, il n’y a rien à quoi comparer.
alarm-only-activities-title = Seules les activités se surveillent
alarm-only-activities = L’alerte demande chaque semaine qui est revenu. Il lui faut un tableau d’activités, comme des commandes ou des visites. Les contrats et les durées n’ont pas de retours hebdomadaires ; le baromètre et la page Survie en parlent.
alarm-promise = { $n ->
    [one] Au plus une fausse alerte en { $years } an sur chacune des deux séries, en moyenne, tant que l’attendu reste juste.
   *[other] Au plus une fausse alerte en { $years } ans sur chacune des deux séries, en moyenne, tant que l’attendu reste juste.
}
alarm-fact-returns = Revenus, { $week }
alarm-fact-expected = attendu : { $range }
alarm-fact-evidence = Indices d’une baisse des retours
alarm-fact-threshold = l’alerte se déclenche à { $threshold }
alarm-fact-retention = Taux de rétention, même semaine
alarm-known = Connue depuis le { $date }
alarm-open = Ouverte
alarm-still-below = Toujours en dessous de l’attendu
alarm-recovered = Retour à l’attendu depuis le { $date }
alarm-lasting = Ce niveau plus bas est l’attendu depuis le { $date }
alarm-missing-returns = { $number } retours manquants en { $weeks } ({ $range })
alarm-missing-retention = { $number } clients conservés en moins, additionnés sur { $weeks } ({ $range })
alarm-money = Soit { $amount } ({ $range })
alarms-title = Toutes les alertes
alarms-words = La plus récente d’abord. La rétention répond plus tard que les retours : une même baisse peut déclencher deux alertes.
alarms-none = Aucune alerte ne s’est déclenchée dans ces données.
week = Semaine
watch-returns-title = Qui est revenu, qui était attendu
watch-returns-words = Chaque semaine, le nombre de clients revenus, face au nombre que les semaines précédentes font attendre. En temps ordinaire, 95 semaines sur 100 restent dans la plage.
watch-returns-summary = { $observed } clients sont revenus ({ $week }) ; on en attendait { $range }.
watch-returns-table = Retours par semaine
watch-due = Pouvaient revenir
watch-observed = Revenus
watch-observed-key = Observé
watch-expected = Attendu
watch-range = Plage attendue
watch-threshold = Alerte
watch-week-alarm = Alerte ouverte
watch-week-look = À regarder
watch-week-quiet = Calme
watch-running-key = Semaine en cours, à ce jour
watch-running-expected = Attendu à ce jour
watch-running-week = { $week }, en cours
watch-running-state = En cours, jusqu’au { $day }
watch-evidence-title = La force des indices
watch-evidence-words = Chaque semaine en dessous de l’attendu multiplie les indices, chaque semaine au-dessus les divise. L’échelle est en puissances de dix ; au-delà de cent fois le seuil, la ligne reste plate.
watch-evidence-summary = Indices d’une baisse des retours ({ $week }) : { $evidence } ; l’alerte se déclenche à { $threshold }.
watch-evidence-table = Indices par semaine ; l’alerte se déclenche à { $threshold }
watch-retention-title = Le taux de rétention suit plus tard
watch-retention-words = Un client n’est compté perdu qu’une fois passée la fenêtre d’activité : le taux bouge donc des semaines après les retours.
watch-retention-summary = Taux de rétention ({ $week }) : { $observed } ; on attendait { $range }.
watch-retention-table = Taux de rétention par semaine
alarm-meaning-title = Ce que dit une alerte
alarm-meaning-promise = Une alerte est un indice contre « les clients reviennent au taux attendu ou mieux » ; ce taux est d’abord abaissé de ce dont il peut se tromper. Ce n’est pas la probabilité que la rétention ait baissé.
alarm-meaning-cause = Elle ne nomme aucune cause, et la façon dont la baisse a commencé non plus. Le diagnostic dit ce que les données permettent de dire des causes.
alarm-meaning-advisory = « À regarder » est un signe sans promesse : il vient plus tôt, et plus souvent pour rien.
how-computed = Comment c’est calculé :
how-alarm = alerte
how-baseline = taux de rétention attendu
how-bridge = taux propres et parts
how-diagnosis = diagnostic
how-drivers = concentration d’une baisse
how-gates = essais à des dates sans événement
how-lifetimes = temps avant départ ou retour
how-quantile = moyennes pondérées
how-segments = segments face à tous les autres clients
how-share = parts et leurs intervalles
how-sizes = ampleurs et montants
how-trend = tendance
how-value = valeur d’un client et d’un point
method-lead = Chaque chiffre de la console : sa formule et d’où elle vient, ce qu’il suppose, comment il a été vérifié, ce qu’il ne peut pas dire.
method-language = Ces pages sont en anglais.
method-group-barometer = Le baromètre
method-group-value = Ce que vaut un client
method-group-alarm = L’alerte
method-group-causes = Causes et effets
method-group-measured = Ce que valent ces méthodes

## L’alerte : les segments
segment-watch-title = Par segment
segment-watch-words = Chaque segment face à tous les autres clients, les mêmes semaines. Une baisse de tous est dite une seule fois, par l’alerte ; ici figure qui a baissé davantage.
segment-watch-calm = { $n ->
    [one] Rien ne ressort : le seul segment surveillé garde sa place habituelle face aux autres.
   *[other] Rien ne ressort : chacun des { $count } segments garde sa place habituelle face aux autres, pour autant qu’on puisse voir.
}
segment-watch-empty = Aucun segment ne se compare encore. Indiquez les colonnes qui regroupent vos clients, comme le pays ou le canal : chacune de leurs valeurs sera surveillée ici face à toutes les autres, dès que le passé suffira.
segment-watch-named = { $segment } : depuis le { $since } environ, il en revient { $change } que ne le voudrait sa place habituelle face à tous les autres ({ $between }).
segment-watch-one = Un segment ressort : { $segment }.
segment-watch-several = { $count } segments ressortent, { $segment } le plus.
segment-watch-link = Voir les segments
segment-watch-key = Point et trait : l’écart à la place habituelle, depuis le début de la baisse ou sur les huit dernières semaines, avec son intervalle à 95 %.
segment-watch-table = Segments face à tous les autres clients : ceux qui ressortent d’abord, puis par force des indices
segment-watch-column = Segment
segment-watch-change = Face aux autres
segment-watch-over = Sur
segment-watch-evidence = Indices
segment-watch-since = Depuis le { $date }
segment-watch-caution = Les segments sont rangés par force des indices. En moyenne, un segment au plus ressort sans cause pendant les années de la promesse, tous segments réunis ; cela ne dit rien de la part d’erreurs parmi ceux qui ressortent aujourd’hui.

## Le diagnostic
quoted = « { $title } »
both = { $first } et { $last }
amount-with-range = { $amount } ({ $range })
fall-title-returns-open = Il revient { $change } que prévu
fall-title-returns-over = Il est revenu { $change } que prévu
fall-title-retention-open = Il reste { $change } que prévu
fall-title-retention-over = Il est resté { $change } que prévu
shape-sudden-detail = ce qui ne dit rien de la cause
shape-gradual-detail = ce qui ne dit rien de la cause
shape-unclear-detail = trop tôt pour le dire, ou entre les deux
fall-lead-open = La baisse a commencé vers le { $from }{ $mostly }. Son ampleur se situe { $between }.
fall-lead-lasting = La baisse a commencé vers le { $from }{ $mostly } et ne s’est pas résorbée ; depuis le { $since }, ce niveau plus bas est l’attendu. Son ampleur se situe { $between }.
fall-lead-over = La baisse a commencé vers le { $from } et a pris fin après le { $to }{ $mostly }. Son ampleur se situe { $between }.
diagnosis-eyebrow = { $series }, alerte du { $date }
fact-missing-returns = { $state ->
    [open] Retours manquants jusqu’ici, en { $weeks }
   *[over] Retours manquants, en { $weeks }
}
fact-missing-retention = { $state ->
    [open] Clients conservés en moins jusqu’ici, additionnés sur { $weeks }
   *[over] Clients conservés en moins, additionnés sur { $weeks }
}
fact-money = Ce qu’ils auraient rapporté
fact-began = Début le plus probable
fact-shape = La façon dont elle a commencé
verdict-shown = Montré : { $event }
verdict-likely = Probable : { $event }
verdict-felt = Se fait encore sentir : { $event }
verdict-other = { $standing } : { $event }
verdict-share = Cet événement rend compte de { $share } de ce qui manque.
verdict-not-separable = Plusieurs événements, non séparables
verdict-not-separable-detail = { $events } tombent dans les mêmes semaines. Les données ne permettent pas de répartir la baisse entre eux : ce peut être l’un d’eux, ou tous.
verdict-no-known = Aucun événement connu n’entre en ligne de compte
verdict-no-known-detail = Rien dans le registre n’est proche du début de la baisse. Soit l’événement y manque, soit il est d’une sorte qu’aucun registre ne contient.
verdict-cannot-tell = Les données ne permettent pas de le dire
verdict-cannot-tell-detail = { $n ->
    [one] { $events } : la date convient.
   *[other] { $events } : les dates conviennent.
} Les données ne montrent pas d’effet notable, et ne l’excluent pas non plus.
frozen-title = Les semaines autour
frozen-words = À partir de la semaine qui précède la baisse, seuls les clients déjà connus sont comptés, et l’attendu ne sait rien des semaines suivantes : il ne s’habitue pas à la baisse. Les deux courbes descendent un peu même quand il ne se passe rien : des clients partent toujours, et ceux arrivés depuis ne sont pas comptés.
frozen-words-retention = À partir du début de la baisse, l’attendu est figé : il ne connaît que les semaines d’avant, et ne s’habitue donc pas à la baisse.
frozen-table = Observé et attendu, semaine par semaine
frozen-expected = Attendu sans la baisse
frozen-fallen = Pendant la baisse
frozen-before = Avant
where-title = Où elle se trouve
where-words = Parmi tous les groupes de clients, celui où la baisse se concentre le plus. Où elle se trouve ne dit rien du pourquoi.
where-group = Groupe le plus touché : { $group }, soit { $customers } des clients qui pouvaient revenir, et { $missing } de ce qui manque. Parmi eux, il en est revenu { $change } de moins que prévu.
where-group-all = Groupe le plus touché : { $group }, soit { $customers } des clients qui pouvaient revenir, et plus que tout ce qui manque, car les autres sont revenus plus souvent que prévu. Parmi eux, il en est revenu { $change } de moins que prévu.
where-nobody = Aucun groupe ne ressort : pour autant qu’on puisse voir, la baisse touche tous les clients.
where-not-looked = On ne l’a pas cherché : seules les baisses des retours disent qui est surtout touché.
where-chance = Là où aucun groupe n’est plus touché que les autres, la recherche en trouve quand même un qui ressort autant { $chance }.
where-table = Ce qui manque, par « { $column } »
where-share = Part de ce qui manque
where-change = Variation
causes-title = Ce qui entre en ligne de compte
causes-words = Les événements du registre proches du début de la baisse, et de plus anciens qui se font encore sentir, le plus solide d’abord. Dans chaque image, le trait fin est l’absence d’effet : à sa gauche moins de retours, à sa droite davantage.
causes-none = Aucun événement du registre n’est proche du début de la baisse.
standing-shown = Montré
standing-shown-detail = Les clients de sa liste ont baissé, des clients semblables hors de la liste non, ou moins. La date convient, et la comparaison a passé ses contrôles.
standing-shown-detail-scope = Les clients de son périmètre ont baissé, des clients semblables hors du périmètre non, ou moins. La date convient, et la comparaison a passé ses contrôles.
standing-likely = Probable
standing-likely-detail = Les retours ont baissé à sa date, et la comparaison a passé ses contrôles. Il n’y a pas de liste de clients à comparer.
standing-likely-detail-compared = Les retours ont baissé à sa date, et cette comparaison a passé ses contrôles. Celle des clients concernés avec des clients semblables ne permet pas de le dire.
standing-felt = Se fait encore sentir
standing-felt-detail = Il est antérieur à cette baisse, et son effet n’était pas passé : les retours qu’il empêchait encore peuvent être aussi nombreux que ceux qui manquent.
standing-not-separable = Non séparable
standing-not-separable-detail = Un autre événement tombe dans les mêmes semaines. Ce qui manque vient de l’un, de l’autre, ou des deux.
standing-cannot-tell = On ne peut pas le dire
standing-cannot-tell-detail = Les données ne montrent pas d’effet, et n’en excluent pas.
standing-unlikely = Peu probable
standing-unlikely-detail = Un effet notable se serait vu et ne s’est pas vu, ou la date ne convient pas.
evidence-for = Parle pour
evidence-against = Parle contre
evidence-neither = Ne tranche pas
event-incident = Incident de sécurité
event-visible-failure = Panne visible des clients
event-authentication-step = Étape d’authentification
event-price-change = Changement de prix
event-campaign = Campagne
event-other = Événement
event-from-to = du { $from } au { $to }
event-disclosed = divulgué le { $date }
event-on = le { $date }
event-days-to-disclose = { $n ->
    [one] { $count } jour après sa découverte
   *[other] { $count } jours après sa découverte
}
event-disclosed-at-once = le jour de sa découverte
event-disclosed-before = { $n ->
    [one] { $count } jour avant que l’entreprise ne le découvre
   *[other] { $count } jours avant que l’entreprise ne le découvre
}
event-severity = gravité { $severity } sur 3
event-told-well = bien annoncé
event-told-rather-well = plutôt bien annoncé
event-told-neither = annoncé ni bien ni mal
event-told-rather-badly = plutôt mal annoncé
event-told-badly = mal annoncé
event-listed = { $n ->
    [one] { $count } client sur sa liste
   *[other] { $count } clients sur sa liste
}
effect-everybody = Tous les clients
effect-listed = Les clients de sa liste
effect-scoped = Les clients de son périmètre ({ $scope })
scope-column = { $column } : { $values }
scope-and = { $first } ; { $next }
event-scope = concerne { $scope }
event-scope-list = il a aussi une liste, et c’est elle qui est comparée
event-scope-no-column = les données n’ont pas de colonne de segment « { $column } » : on ne peut dire que l’effet sur tous les clients
event-scope-no-value = aucun client n’a la valeur « { $value } » dans « { $column } » : on ne peut dire que l’effet sur tous les clients
effect-figures = Chiffres
effect-found = { $change } de retours que le modèle n’en attend sans lui ({ $between }), sur { $weeks }.
effect-found-listed = { $change } de retours que chez des clients semblables hors de la liste ({ $between }), sur { $weeks }.
effect-found-scoped = { $change } de retours que chez des clients semblables hors du périmètre ({ $between }), sur { $weeks }.
effect-not-seen = Aucun effet visible : { $change }. Un effet de { $smallest } ou plus se serait vu dans 80 cas semblables sur 100.
effect-too-few = Trop peu de clients pour le dire : { $change }. Un effet notable a pu passer inaperçu.
effect-short-past = { $n ->
    [0] Passé trop court pour le dire : { $change }. La comparaison n’a pu être essayée à aucune date où rien ne s’est passé.
    [one] Passé trop court pour le dire : { $change }. La comparaison n’a pu être essayée qu’à { $dates } date où rien ne s’est passé.
   *[other] Passé trop court pour le dire : { $change }. La comparaison n’a pu être essayée qu’à { $dates } dates où rien ne s’est passé.
}
effect-needed = On pourrait le dire avec { $customers } clients environ.
effect-needed-none = Aucun nombre de clients n’y suffirait.
effect-biased = { $n ->
    [one] Ne pas s’y fier : à des dates où rien ne s’est passé, la même comparaison trouve aussi des effets, de { $points } point en moyenne.
   *[other] Ne pas s’y fier : à des dates où rien ne s’est passé, la même comparaison trouve aussi des effets, de { $points } points en moyenne.
}
effect-not-separable = { $n ->
    [one] Non séparable de { $events }, qui tombe dans les mêmes semaines : il n’y a pas de chiffre pour lui seul.
   *[other] Non séparable de { $events }, qui tombent dans les mêmes semaines : il n’y a pas de chiffre pour lui seul.
}
effect-together = { $n ->
    [one] L’un des deux, ou les deux : { $change } de retours qu’attendu ({ $between }), sur { $weeks }.
   *[other] L’un d’eux, plusieurs ou tous : { $change } de retours qu’attendu ({ $between }), sur { $weeks }.
}
why-not-short-past = Non estimé : { $weeks } avant lui, il en faut { $needed }.
why-not-no-week-after = Non estimé : les données s’arrêtent moins d’une semaine après lui.
why-not-nothing-to-compare = Non estimé : aucun client n’est sur la liste, ou tous y sont.
why-not-nothing-to-compare-scope = Non estimé : aucun client n’est dans le périmètre, ou tous y sont.
why-not-not-determined = Non estimé : les données ne le déterminent pas.
effect-caution-list = L’effet d’être sur la liste, si les deux groupes avaient sinon évolué de même. Ce que tous ont ressenti, sur la liste ou non, n’y est pas.
effect-caution-scope = L’effet d’être dans le périmètre, si les deux groupes avaient sinon évolué de même ; ce sont des clients différents, et un autre changement propre à l’un des deux s’y trouverait aussi. Ce que tous ont ressenti n’y est pas.
effect-caution-model = L’écart entre ce qui est venu et ce qu’attend un modèle des semaines d’avant. Un écart à un modèle n’est pas la preuve d’une cause.
effect-kept = { $n ->
    [one] Taux de rétention des clients touchés sur un jour, en points
   *[other] Taux de rétention des clients touchés sur { $days } jours, en points
}
effect-kept-words = { $points } ; sans cela, { $expected } seraient restés
effect-kept-lost = Clients perdus
effect-kept-won = Clients gagnés
effect-kept-everybody = Taux de rétention de l’entreprise, par eux seuls, en points
effect-kept-untold = Taux de rétention des clients touchés
kept-not-over = connu une fois passée la fenêtre d’activité qui suit
kept-short-past = le passé est trop court pour comparer
kept-another-event = un autre événement commence dans la fenêtre d’activité
kept-biased = la comparaison trouve des effets à des dates sans événement
kept-nothing = personne de semblable à qui comparer
effect-points = Part hebdomadaire qui revient, en points
effect-lost = Retours perdus
effect-won = Retours gagnés
effect-money = Valeur
horizon-1 = Semaines 1 à 5
horizon-2 = Semaines 6 à 13
horizon-3 = À partir de la semaine 14
half-life = Moitié effacée après
half-life-no-drop = Il n’y a pas de baisse dont se remettre
half-life-not-seen = { $n ->
    [one] Aucune reprise visible en { $weeks } semaine
   *[other] Aucune reprise visible en { $weeks } semaines
}
half-life-weeks = { $n ->
    [one] { $weeks } semaine ({ $low } à { $high })
   *[other] { $weeks } semaines ({ $low } à { $high })
}
effect-chance = S’il n’avait pas d’effet
chance-at-most = { $n ->
    [one] un effet aussi grand dans au plus 1 cas sur { $of }, le moins que { $dates } date où rien ne s’est passé puisse montrer
   *[other] un effet aussi grand dans au plus 1 cas sur { $of }, le moins que { $dates } dates où rien ne s’est passé puissent montrer
}
chance-placebo = { $n ->
    [one] un effet aussi grand dans { $times } cas sur { $of } environ, d’après { $dates } date où rien ne s’est passé
   *[other] un effet aussi grand dans { $times } cas sur { $of } environ, d’après { $dates } dates où rien ne s’est passé
}
effect-method = Méthode
method-did = Différence de différences
method-expected = Retours attendus
method-widened = , intervalle élargi à ce que montrent des dates sans événement
method-together = Série temporelle structurelle, tous les événements de ces semaines dans un même ajustement
effect-inclusion = Probabilité, dans cet ajustement, qu’il ait eu un effet
effect-second = Autres méthodes
second-says = { $method } { $change }
second-next = { $said } ; { $next }
second-apart = { $says }, ce qui contredit le chiffre ci-dessus
second-did = différence de différences
second-expected = retours attendus
second-bsts = série temporelle structurelle
second-sc = contrôle synthétique
second-sdid = différence de différences synthétique
finding-time-same = La baisse commence la semaine de l’événement
finding-time-after = { $n ->
    [one] La baisse commence { $count } semaine après l’événement
   *[other] La baisse commence { $count } semaines après l’événement
}
finding-time-before = { $n ->
    [one] La baisse commence { $count } semaine avant l’événement
   *[other] La baisse commence { $count } semaines avant l’événement
}
finding-time-fits = { $when } : la date convient.
finding-time-no-fit = { $when } : la date ne convient pas.
finding-sudden = La baisse a été soudaine, comme après de tels événements.
finding-gradual = La baisse a été progressive ; de tels événements en causent de soudaines.
finding-shape-unclear = On ne sait pas si la baisse a été soudaine.
finding-exposure = Clients de sa liste : { $change } de retours que chez des clients semblables hors de la liste ({ $between }).
finding-exposure-scope = Clients de son périmètre : { $change } de retours que chez des clients semblables hors du périmètre ({ $between }).
finding-felt-list = Quand cette baisse a commencé, il se faisait encore sentir : { $change } de retours chez les clients de sa liste que chez des clients semblables hors de la liste ({ $between }).
finding-felt-scope = Quand cette baisse a commencé, il se faisait encore sentir : { $change } de retours chez les clients de son périmètre que chez des clients semblables hors du périmètre ({ $between }).
finding-pre-trend-alike = Avant lui, ceux de la liste évoluaient comme les autres : des écarts de cette taille arrivent { $chance } quand les deux groupes évoluent de même.
finding-pre-trend-alike-scope = Avant lui, ceux du périmètre évoluaient comme les autres : des écarts de cette taille arrivent { $chance } quand les deux groupes évoluent de même.
finding-pre-trend-apart = Avant lui, ceux de la liste s’écartaient déjà des autres : des écarts de cette taille arrivent { $chance } quand les deux groupes évoluent de même.
finding-pre-trend-apart-scope = Avant lui, ceux du périmètre s’écartaient déjà des autres : des écarts de cette taille arrivent { $chance } quand les deux groupes évoluent de même.
finding-level = Retours de tous les clients à sa date : { $change }.
finding-placebo = { $n ->
    [0] Sur { $dates } dates où rien ne s’est passé, aucune ne montre un effet aussi grand.
    [one] Sur { $dates } dates où rien ne s’est passé, { $large } montre un effet aussi grand.
   *[other] Sur { $dates } dates où rien ne s’est passé, { $large } montrent un effet aussi grand.
}
finding-second = Une autre méthode contredit le chiffre : { $method } donne { $change }.
finding-overlap = Parmi les clients où la baisse se concentre, { $listed } sont sur sa liste ; parmi tous les clients, { $everybody }.
change-title = Ce qui changerait la réponse
change-words = La réponse vaut ce que l’on sait aujourd’hui.
change-affected-list = La liste des clients touchés par { $event } : on pourrait alors les comparer aux autres.
change-more-weeks = { $n ->
    [one] { $count } semaine de données en plus.
   *[other] { $count } semaines de données en plus.
}
change-better-date = Une date plus exacte pour { $event }.
change-missing-event = Un événement entre le { $from } et le { $to } que personne n’a inscrit au registre.
next-title = Que faire maintenant
next-words = Le plus utile d’abord.
next-ask-around = Demander à ceux qui font tourner la boutique ce qui a changé entre le { $from } et le { $to } : versions, prix, paiement, livraison.
next-ask-customers = Demander aux clients chez qui la baisse se concentre : { $group }.
next-add-list = Apporter la liste des clients touchés par { $event }.
next-tell = Dire aux clients touchés par { $event }, simplement et personnellement, ce qui s’est passé et ce qui est fait.
next-ease = Retirer { $event } pour ceux à qui cela coûte plus que cela ne protège.
next-wait = { $n ->
    [one] Attendre { $count } semaine, puis regarder de nouveau.
   *[other] Attendre { $count } semaines, puis regarder de nouveau.
}
method-title = Comment lire cette page
method-alarm = L’alerte est un indice contre « les clients reviennent au taux attendu ou mieux ». Ce n’est pas la probabilité du contraire, et elle ne nomme aucune cause.
method-onset = Le début est une semaine avec ses voisines, non un jour. Qu’une baisse soit soudaine n’en fait pas un incident.
method-seed = Les mêmes données et la même graine ({ $seed }) donnent le même diagnostic.
method-pages = Comment c’est calculé, dans la documentation du programme :

## Événements
events-title = Ce que chaque événement a fait
events-lead = Chaque événement du registre, et ce qu’il a fait aux retours : ceux de tous les clients, et ceux des clients de sa liste ou de son périmètre quand il en a un.
events-scale = Le point est l’estimation, la ligne son intervalle à 95 %, le trait fin l’absence d’effet : à sa gauche moins de retours, à sa droite davantage. Toutes les lignes ont la même échelle.
events-none = Aucun registre d’événements n’a été apporté, ou il est vide.
events-none-how = Pour en voir un, avec la boutique de démonstration :
events-none-own = Pour apporter le vôtre :
events-file = FICHIER

# In text only.
passage-fact = { $label } : { $what }

# Courriels sur les alertes.
mail-raised-subject = Alerte – { $title }
mail-sure = Est-ce sûr ? { $promise }
mail-console = Dans la console : { $url }
mail-closed-subject = Alerte fermée – { $title }
mail-closed-said = L’alerte disait : { $sentence }
mail-closed-recovered = Depuis le { $date }, tout est de nouveau conforme à l’attendu.
mail-closed-restated = Les données ont été corrigées depuis et ne déclenchent plus cette alerte.
mail-closed-lasting = La baisse dure depuis six mois. C’est désormais ce niveau plus bas que l’on attend ; une nouvelle baisse déclencherait une nouvelle alerte.
mail-closed-person = Quelqu’un a fermé l’alerte.

## Ce que l’on dit d’une alerte
said-title = Où elle en est
said-words = Ce que l’on a dit de cette alerte. Qui ouvre la console le voit.
said-raised = Déclenchée
said-acknowledged = Prise en compte
said-explained = Expliquée
said-closed = Close
said-unseen = Personne n’a encore dit l’avoir vue.
said-when = { $date } à { $time }
said-seen-console = Vue dans la console le { $when }.
said-seen-api = Vue par un programme, via l’API, le { $when }.
said-seen-other = Vue par { $name } le { $when }.
said-explained-by = Expliquée par « { $event } »{ $who }.
said-explained-in-words = Expliquée par la note{ $who }.
said-by-console = , dans la console le { $when }
said-by-api = , par un programme, via l’API, le { $when }
said-by-other = , par { $name } le { $when }
said-noted-console = Note écrite dans la console le { $when }.
said-noted-api = Note écrite par un programme, via l’API, le { $when }.
said-noted-other = Note écrite par { $name } le { $when }.
said-closed-console = Close dans la console le { $when }.
said-closed-api = Close par un programme, via l’API, le { $when }.
said-closed-other = Close par { $name } le { $when }.
said-closed-person = Close par une personne le { $when }.
said-closed-recovered = Close le { $when } : les retours sont de nouveau à l’attendu.
said-closed-restated = Close le { $when } : les données corrigées ne la déclenchent plus.
said-closed-lasting = Close le { $when } : le niveau plus bas est désormais l’attendu.
said-acknowledge = Je l’ai vue
said-event-label = Événement qui l’explique
said-no-event = Aucun de ceux-ci : voir la note
said-event = { $title }, { $date }
said-note-label = Note
said-hint = Ce qui est enregistré remplace la note. N’y nommez aucun client.
said-explain = Enregistrer l’explication
said-close = Clore l’alerte
said-wrong-nothing = Rien n’a été enregistré : choisissez un événement, ou écrivez ce qui explique la baisse.
said-wrong-event = Rien n’a été enregistré : cet événement n’est plus au registre. Choisissez-en un autre.
said-wrong-long = Rien n’a été enregistré : une note compte au plus 2 000 caractères.
said-wrong-letters = Rien n’a été enregistré : la note contient des caractères qui ne s’affichent pas. Saisissez-la au lieu de la coller.
said-wrong-closed = Rien n’a changé : l’alerte a été close entre-temps.
problem-elsewhere-title = Ce formulaire ne vient pas d’ici
problem-elsewhere = La demande vient d’une autre page que celles de cette console, ou le navigateur ne dit pas d’où. Ouvrez l’alerte ici et renvoyez le formulaire.

## D’un incident à l’autre
dose-figure = { $value } ({ $low } à { $high })
dose-unit-points = Les effets sont en points de rétention ; sous 0, c’est une perte.
across-title = D’un incident à l’autre
across-words = Ce que les incidents du registre ont fait au taux de rétention, côte à côte : la perte va-t-elle avec la gravité, avec le délai d’annonce, avec la façon de l’annoncer ?
across-key = Points du taux de rétention de l’entreprise, par les clients que chaque incident a touchés. Le trait est l’intervalle à 95 %.
how-dose = incidents passés
dose = Ce qui va avec des pertes plus fortes
dose-few = { $found ->
    [0] Aucun incident n’a d’effet mesuré ; il en faut au moins { $needed }.
    [one] { $found } incident a un effet mesuré ; il en faut au moins { $needed }.
   *[other] { $found } incidents ont un effet mesuré ; il en faut au moins { $needed }.
}
dose-method-reml = { $n } incidents, REML, intervalles à { $level } de Knapp et Hartung
dose-method-bayes = { $n } incidents, c’est peu : la dispersion entre eux est intégrée, intervalles à { $level }
dose-says = { $factor } : { $says }
dose-unit-log-odds = Les effets sont en log-cote d’être conservé ; sous 0, c’est une perte.
dose-intercept = incident le plus bénin
dose-mean = incident moyen
dose-factor-severity = par niveau de gravité
dose-factor-time = par unité de ln(1 + jours avant l’annonce)
dose-factor-communication = par point de communication
dose-factor-remedy = avec un geste
dose-factor-share = tous les clients contre aucun
dose-says-larger = plus il y en a, plus les pertes sont fortes
dose-says-smaller = plus il y en a, plus les pertes sont faibles
dose-says-cannot-tell = on ne peut pas le dire ; pour voir un écart de { $difference }, il faut environ { $needed } incidents
dose-says-out-of-reach = on ne peut pas le dire ; un écart de { $difference } est hors de portée
dose-says-not-large = un écart de { $difference } ou plus n’aurait pas échappé
dose-left-out-unknown = { $factor } : inconnu pour { $n ->
    [one] { $n } incident
   *[other] { $n } incidents
}
dose-left-out-same = { $factor } : partout pareil
dose-left-out-few = { $factor } : trop peu d’incidents pour une propriété de plus
dose-left-out-apart = { $factor } : ne se distingue pas des précédentes
dose-left-out = Non utilisé
dose-property-severity = gravité
dose-property-time = délai d’annonce
dose-property-communication = communication
dose-property-remedy = geste
dose-property-share = part des clients concernés
dose-spread = Dispersion entre incidents que rien ici n’explique : { $value } ({ $low } à { $high })
dose-next = Le prochain incident ({ $properties }) : { $value }, sans doute de { $low } à { $high }
dose-next-plain = Le prochain incident : { $value }, sans doute de { $low } à { $high }
dose-with-severity = gravité { $value }
dose-with-time = annoncé après { $value } jours
dose-with-communication = communication { $value }
dose-with-remedy = geste { $value }
dose-with-share = part { $value }
dose-priors = Chiffres publiés qui entrent dans ce résultat (fidance dose-response --no-literature les écarte)
dose-prior = { $factor } : { $mean } ± { $sd }. { $source }
dose-association = Association entre incidents, non cause : les incidents graves sont souvent aussi annoncés tard.
dose-no-base = Les chiffres publiés sont en points et n’ont pas servi : --base-retention les traduit en log-cotes.
