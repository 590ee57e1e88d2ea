# Le rapport du terminal en français.
title = Rétention des clients
headline = { $period } : { $trc } de rétention
headline-sentence = Sur { $s } clients actifs le { $start }, { $kept ->
    [one] { $k } l’était
   *[other] { $k } l’étaient
} encore le { $end }.
headline-interval = intervalle à 95 % : de { $low } à { $high }
year-ago = un an avant
previous = période précédente
trend = tendance
points = { $difference } points (de { $low } à { $high })
points-per-year = { $slope } points par an (de { $low } à { $high })
no-headline = Aucune période n’est à la fois complète et précédée d’une fenêtre entière : il n’y a pas de taux actuel.

periods = Par période
col-period = période
col-trc = TRC
col-interval = intervalle à 95 %
col-formula = formule usuelle
col-start = début
col-kept = conservés
col-lost = perdus
col-new = nouveaux
col-back = réactivés
col-end = fin
col-nrr = NRR
col-grr = GRR
legend = début, fin : clients actifs à cette date ; réactivés : de nouveau actifs après un silence ; formule usuelle : (fin − tous les acquis) / début.
legend-flags = * les données s’arrêtent avant la fin de la période ; ~ les données commencent trop tard pour elle. Ni moyenne ni comparaison n’en tient compte.
earlier-periods = { $n } périodes plus anciennes ne sont pas affichées ; --format csv les donne toutes.
reconciliation = { $period } : formule usuelle { $formula } = TRC { $trc } + (réactivés { $r } − venus et repartis { $n_lost }) / { $s }

segments = Par segment, { $period }
col-customers = clients
col-difference = écart à l’ensemble
more-segments = { $n } de plus : --format csv les donne tous.
moved = Depuis { $period } : { $change } point, { $rate } par les taux propres et { $mix } par les parts parmi les clients. Surtout : { $most }.

cohorts = Cohortes : part active k périodes après la première
pooled = toutes
cohort-note = Moyenne pondérée des cohortes dont la case est complète. Vide : pas encore terminée.

survival = Survie : part des clients encore conservés après
median-days = La moitié des clients sont perdus au bout de { $n } jours.
median-units = La moitié des clients sont perdus à { $n } (dans l’unité de la colonne de durée).
no-median = Plus de la moitié des clients sont conservés aussi loin que vont les données.
days = { $n } j
log-rank = { $by } : les courbes diffèrent plus que le hasard ne l’expliquerait (log-rank χ² { $chi }, { $p }).
log-rank-same = { $by } : pas de différence visible au-delà du hasard (log-rank χ² { $chi }, { $p }).
returns = Chance de retour dans l’année après un silence de
incidence = Départs par motif, en part de tous les clients

value = Ce que vaut un client sur les douze prochains mois
value-active = un client actif
value-lost = un client qui vient d’être perdu
value-point = un point de TRC
value-point-detail = { $customers } clients
value-backtest = Vérifié sur l’an passé : avec ce qu’on savait le { $date }, un client actif devait rapporter { $active } en un an et en a rapporté { $active_observed } ; un client qui venait d’être perdu devait rapporter { $lost } et en a rapporté { $lost_observed }. Les intervalles tiennent compte de cette erreur.
value-purchases = Le fichier n’a pas de montants : les chiffres sont des achats.
rules = Règles d’usage du métier, non mesurées ici : garder 5 points de plus augmentait le bénéfice de 25 à 85 % dans les neuf métiers étudiés par Reichheld et Sasser (1990) ; conquérir un client coûterait 5 à 25 fois ce que coûte le garder (cité par Gallo, HBR 2014, sans source propre).

read = Ce qui a été lu
read-rows = { $rows } lignes, { $used } utilisées, { $customers } clients, du { $from } au { $until }
read-filtered = { $n } lignes écartées par les conditions, ou parce que leur événement n’est pas l’activité
read-rejected = { $n } lignes rejetées
read-rejected-file = { $n } lignes rejetées, écrites dans { $file }
read-reason = { $reason } : { $n }, la première à la ligne { $line }
read-columns = colonnes : { $columns }
guessed = deviné
window-auto = fenêtre { $window } : 95 % des { $gaps } intervalles entre deux activités font au plus { $p95 } jours (la moitié au plus { $p50 })
window-auto-limited = fenêtre { $window } : 95 % des { $gaps } intervalles entre deux activités font au plus { $p95 } jours, mais les données sont trop courtes pour une telle fenêtre
definition = activité : { $activity } · fenêtre : { $window } · fuseau horaire : { $zone }

read-rows-undated = { $rows } lignes, { $used } utilisées, { $customers } clients
every-row = chaque ligne
n-days = { $n ->
    [one] { $n } jour
   *[other] { $n } jours
}
n-months = { $n } mois
definition-contracts = actif : tant qu’un contrat court · grâce : { $grace } · fuseau horaire : { $zone }
no-grace = aucune

notes = À savoir pour lire ces chiffres
value-months = Le fichier n’a pas de montants : les chiffres sont des mois sous contrat.
everybody = tous les clients

# Incidents.
incidents = Incidents et changements
col-could-know = connu des clients
col-id = id
col-kind = quoi
col-severity = gravité
col-affected = concernés
col-told = avis
col-title = titre
undated = inconnu
incidents-legend = avis : note de la communication, de −2 à 2. Une fuite compte du jour où les clients ont pu la connaître, non du jour où elle a eu lieu ; une panne et un certificat expiré, du premier jour. Seules les entrées dont le jour est connu peuvent expliquer une baisse.
more-incidents = { $n } autres : --format csv donne tout.
kind-breach = fuite de données
kind-security = incident de sécurité
kind-certificate = certificat expiré
kind-outage = panne
kind-price = changement de prix
kind-release = mise en production
kind-step = étape d’authentification
kind-campaign = campagne
severity-low = faible
severity-medium = moyenne
severity-high = élevée
severity-critical = critique
warnings = À regarder
warning-order = { $then } le { $thendate }, avant { $first } ({ $firstdate })
warning-delay = annoncé { $given } jours après la découverte, dit l’entrée ; les dates en donnent { $counted }
warning-imprecise = les clients ont pu savoir en { $date } ; sans le jour, aucun effet ne peut être daté
warning-undated = personne n’a noté quand les clients ont pu savoir : aucun effet ne peut être daté
warning-undated-all = { $n ->
    [one] Pour { $n } entrée, personne n’a noté quand les clients ont pu savoir : aucun effet ne peut être daté.
   *[other] Pour { $n } entrées, personne n’a noté quand les clients ont pu savoir : aucun effet ne peut être daté.
}
warning-ends = finit le { $until }, avant de commencer le { $from }
milestone-started = début
milestone-discovered = découverte
milestone-contained = fin
milestone-disclosed = annonce
refused = Non lu
more-lines = { $n } autres
read-incidents = { $files ->
    [one] { $read } entrées lues, { $refused } refusées, dans un fichier
   *[other] { $read } entrées lues, { $refused } refusées, dans { $files } fichiers
}
read-file = { $read } lues, { $refused } refusées
read-unknown = Sans signification ici : { $names }
