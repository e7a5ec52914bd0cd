"""Addresses of the exchange, below `/p/<programme>/`."""

from django.urls import path

from jiandao.stages.exchange import feeds
from jiandao.stages.exchange.views import files, imports, knowers, lists, matches, need_editor, needs, results

app_name = "exchange"

urlpatterns = [
    path("needs/", lists.needs, name="needs"),
    path("needs.atom", feeds.need_feed, name="need-feed"),
    path("needs.ics", feeds.deadlines, name="need-deadlines"),
    path("needs.<str:form>", lists.need_export, name="need-export"),
    path("needs/new/", need_editor.need_new, name="need-new"),
    path("needs/new/autosave/", need_editor.need_new_autosave, name="need-new-autosave"),
    path("needs/hints/", need_editor.need_hints, name="need-hints"),
    path("needs/<str:public_id>/", needs.need, name="need"),
    path("needs/<str:public_id>/edit/", need_editor.need_edit, name="need-edit"),
    path("needs/<str:public_id>/autosave/", need_editor.need_autosave, name="need-autosave"),
    path("needs/<str:public_id>/knowers/", knowers.need_knowers, name="need-knowers"),
    path("needs/<str:public_id>/matches/", matches.need_matches, name="need-matches"),
    path("needs/<str:public_id>/do/<str:verb>/", needs.need_do, name="need-do"),
    path("needs/<str:public_id>/files/", files.need_attach, name="need-attach"),
    path("needs/<str:public_id>/files/<str:file>/remove/", files.need_detach, name="need-detach"),
    path("import/needs/", imports.import_needs, {"what": "needs"}, name="import"),
    path("import/results/", imports.import_results, {"what": "results"}, name="import"),
    path("import/needs.xlsx", imports.needs_template, {"what": "needs"}, name="import-template"),
    path("import/results.xlsx", imports.results_template, {"what": "results"}, name="import-template"),
    path("imports/<str:public_id>/", imports.batch, name="import-batch"),
    path("imports/<str:public_id>/do/", imports.batch_do, name="import-do"),
    path("imports/<str:public_id>/faults.xlsx", imports.batch_faults, name="import-faults"),
    path("results/", lists.results, name="results"),
    path("results.atom", feeds.result_feed, name="result-feed"),
    path("results.<str:form>", lists.result_export, name="result-export"),
    path("results/new/", results.result_new, name="result-new"),
    path("results/new/autosave/", results.result_new_autosave, name="result-new-autosave"),
    path("results/<str:public_id>/", results.result, name="result"),
    path("results/<str:public_id>/edit/", results.result_edit, name="result-edit"),
    path("results/<str:public_id>/autosave/", results.result_autosave, name="result-autosave"),
    path("results/<str:public_id>/knowers/", knowers.result_knowers, name="result-knowers"),
    path("results/<str:public_id>/matches/", matches.result_matches, name="result-matches"),
    path("results/<str:public_id>/files/", files.result_attach, name="result-attach"),
    path("results/<str:public_id>/files/<str:file>/remove/", files.result_detach, name="result-detach"),
    path("results/<str:public_id>/do/<str:verb>/", results.result_do, name="result-do"),
]
