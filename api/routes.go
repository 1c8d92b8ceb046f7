package api

import (
	"encoding/json"
	"net/http"

	"formwork/builder"
	"formwork/engine"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/printing"
	"formwork/engine/record"
	"formwork/engine/report"
	"formwork/engine/sheet"
	"formwork/engine/tenant"
)

// Methods, for the table.
const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// routes is the one table of the API. A row: method, path, who may call it, summary, then samples of parameters, body
// and answer for OpenAPI, and the handler.
func (s *server) routes() []route {
	all := append(s.flowAdminRoutes(), s.flowRoutes()...) // words before names: /flows/monitor is no flow
	for _, group := range [][]route{
		s.sessionRoutes(), s.recordRoutes(), s.sheetRoutes(), s.printRoutes(), s.fileRoutes(), s.reportRoutes(), s.taskRoutes(), s.handoverRoutes(), s.automationRoutes(), s.proxyRoutes(), s.notifyRoutes(), s.memberRoutes(), s.definitionRoutes(),
	} {
		all = append(all, group...)
	}
	return all
}

func (s *server) sessionRoutes() []route {
	return []route{
		{get, "/openapi.json", public, "This document", nil, nil, json.RawMessage{}, 0, s.getOpenAPI},
		{get, "/setup", public, "Whether the first company is still to be created", nil, nil, setupNeeded{}, 0, s.getSetup},
		{post, "/setup", public, "Create the first company, with the token of the console", nil, setupBody{}, sessionAnswer{}, 0, s.doSetup},
		{post, "/session", public, "Sign in", nil, signInBody{}, sessionAnswer{}, 0, s.signIn},
		{get, "/session", public, "Who is signed in; 204 if nobody is", nil, nil, sessionAnswer{}, 0, s.whoAmI},
		{remove, "/session", signedIn, "Sign out", nil, nil, nil, 0, s.signOut},
		{put, "/session/tenant", signedIn, "Go on in another company", nil, switchBody{}, sessionAnswer{}, 0, s.switchTenant},
		{patch, "/account", signedIn, "Change the interface language", nil, accountBody{}, sessionAnswer{}, 0, s.patchAccount},
		{post, "/account/password", signedIn, "Change the password; other sessions end", nil, passwordBody{}, nil, 0, s.changePassword},
		{get, "/account/sessions", signedIn, "Browsers that are signed in", nil, nil, sessionsAnswer{}, 0, s.listSessions},
		{remove, "/account/sessions/:id", signedIn, "Sign one of them out", idParams{}, nil, nil, 0, s.endSession},
		{get, "/menu", signedIn, "Navigation, as far as the reader may use it", nil, nil, menuAnswer{}, 0, s.getMenu},
		{get, "/changes", signedIn, "What changed since an event, for polling", changesParams{}, nil, engine.Changes{}, 0, s.getChanges},
	}
}

func (s *server) recordRoutes() []route {
	const records = "/entities/:entity/records"
	return []route{
		{get, "/entities/:entity/bundle", signedIn, "All a browser needs to list and edit records", bundleParams{}, nil, bundleAnswer{}, 0, s.getBundle},
		{get, "/entities/:entity/schema", signedIn, "Portable JSON Schema of the values", entityParams{}, nil, json.RawMessage{}, 0, s.getSchema},
		{post, "/entities/:entity/related", signedIn, "What a form needs from other records", entityParams{}, relatedBody{}, form.Related{}, 0, s.related},
		{post, "/entities/:entity/choices", signedIn, "Records a reference field may hold", entityParams{}, choicesBody{}, record.Choices{}, 0, s.choices},
		{get, records, signedIn, "List records", listParams{}, nil, record.List{}, 0, s.listRecords},
		{post, records, signedIn, "Create a record, and submit it", entityParams{}, createBody{}, record.Record{}, http.StatusCreated, s.createRecord},
		{get, records + "/:id", signedIn, "Read a record", recordParams{}, nil, record.Record{}, 0, s.getRecord},
		{patch, records + "/:id", signedIn, "Change a record by merge patch; needs If-Match", recordParams{}, patchBody{}, record.Record{}, 0, s.patchRecord},
		{remove, records + "/:id", signedIn, "Move a record to the recycle bin", recordParams{}, nil, nil, 0, s.deleteRecord},
		{get, records + "/:id/explain", signedIn, "Why the flow of a record went where it went", recordParams{}, nil, flow.Trace{}, 0, s.explainRecord},
		{get, records + "/:id/proof", signedIn, "Whether a record is what its history says: values, state, flow, signatures", recordParams{}, nil, flow.Proof{}, 0, s.proveRecord},
		{get, records + "/:id/timeline", signedIn, "Flow and history of a record", recordParams{}, nil, flow.Timeline{}, 0, s.getTimeline},
		{post, records + "/:id/restore", signedIn, "Take a record out of the recycle bin", recordParams{}, nil, record.Record{}, 0, s.restoreRecord},
		{post, records + "/:id/void", signedIn, "Void an approved record, with a reason", recordParams{}, voidBody{}, record.Record{}, 0, s.voidRecord},
		{post, records + "/:id/:verb", signedIn, "Submit, withdraw and the other commands of a flow", commandParams{}, actBody{}, record.Record{}, 0, s.commandRecord},
	}
}

func (s *server) sheetRoutes() []route {
	return []route{
		{get, "/entities/:entity/export", signedIn, "What a view shows, as a workbook", exportParams{}, nil, []byte{}, 0, s.exportRecords},
		{get, "/entities/:entity/import-template", signedIn, "An empty workbook for an import", importTemplateParams{}, nil, []byte{}, 0, s.getImportTemplate},
		{get, "/entities/:entity/imports", signedIn, "Imports to choose from", entityParams{}, nil, []sheet.Info{}, 0, s.listImports},
		{post, "/entities/:entity/import", signedIn, "Import a workbook, or look what would become of it", entityParams{}, importBody{}, sheet.Report{}, 0, s.importRecords},
		{post, "/entities/:entity/import-runs", signedIn, "Import a workbook as a job", entityParams{}, importBody{}, sheet.Run{}, http.StatusAccepted, s.startImport},
		{get, "/entities/:entity/import-runs", signedIn, "Imports that were stored, the newest first", entityParams{}, nil, []sheet.Run{}, 0, s.listImportRuns},
		{get, "/entities/:entity/import-runs/:run", signedIn, "How far an import is, and what became of it", runParams{}, nil, sheet.Run{}, 0, s.getImportRun},
		{get, "/entities/:entity/import-runs/:run/workbook", signedIn, "The workbook of an import, as it was sent", runParams{}, nil, []byte{}, 0, s.getImportedWorkbook},
		{post, "/entities/:entity/import-runs/:run/cancel", signedIn, "Stop an import", runParams{}, nil, sheet.Run{}, 0, s.cancelImport},
		{post, "/entities/:entity/import-runs/:run/undo", signedIn, "Take an import back, while nothing depends on it", runParams{}, nil, sheet.Run{}, 0, s.undoImport},
		{post, "/entities/:entity/import/marked", signedIn, "The workbook with notes beside its lines", entityParams{}, markBody{}, []byte{}, 0, s.markWorkbook},
		{post, "/import/:entity", signedIn, "Opening data; what is there already stays", entityParams{}, openingBody{}, sheet.Report{}, 0, s.importOpening},
	}
}

func (s *server) printRoutes() []route {
	return []route{
		{post, "/entities/:entity/prints/:print", signedIn, "Records as they go on paper", printParams{}, printBody{}, printing.Sheet{}, 0, s.printRecords},
		{get, "/datasets/:dataset/prints", signedIn, "Prints of a dataset to choose from", datasetParams{}, nil, []printing.Info{}, 0, s.listDatasetPrints},
		{post, "/datasets/:dataset/prints/:print", signedIn, "A dataset as it goes on paper", datasetPrintParams{}, datasetPrintBody{}, printing.Sheet{}, 0, s.printDataset},
	}
}

func (s *server) reportRoutes() []route {
	return []route{
		{get, "/datasets/:dataset", signedIn, "A dataset: params and columns", datasetParams{}, nil, report.Info{}, 0, s.getDataset},
		{post, "/datasets/:dataset/run", signedIn, "Compute a dataset", datasetParams{}, runBody{}, report.Result{}, 0, s.runDataset},
		{post, "/datasets/:dataset/export", signedIn, "A dataset as a workbook, all its rows", datasetParams{}, exportDatasetBody{}, []byte{}, 0, s.exportDataset},
		{post, "/datasets/:dataset/drill", signedIn, "Which records stand behind a row", datasetParams{}, drillBody{}, report.Drilled{}, 0, s.drillDataset},
		{post, "/forms/:form/fill/:fill", signedIn, "The rows a button of a form fills a table with; nothing is stored", fillParams{}, fillBody{}, report.Filled{}, 0, s.fillTable},
		{get, "/dashboards/:dashboard", signedIn, "A dashboard, with the widgets the reader may see", dashboardParams{}, nil, boardAnswer{}, 0, s.getDashboard},
		{post, "/dashboards/:dashboard/run", signedIn, "Compute all widgets of a dashboard", dashboardParams{}, boardBody{}, boardRun{}, 0, s.runDashboard},
	}
}

func (s *server) fileRoutes() []route {
	return []route{
		{post, "/files", signedIn, "Upload a file", uploadParams{}, uploadBody{}, file.File{}, http.StatusCreated, s.uploadFile},
		{get, "/files/:id", signedIn, "The bytes of a file", fileParams{}, nil, []byte{}, 0, s.getFile},
		{get, "/files/:id/thumb", signedIn, "A small picture of an image", thumbParams{}, nil, []byte{}, 0, s.getThumb},
		{remove, "/files/:id", signedIn, "Delete an own upload that no record holds", idParams{}, nil, nil, 0, s.deleteFile},
	}
}

func (s *server) taskRoutes() []route {
	return []route{
		{get, "/tasks", signedIn, "The reader's tasks", tasksParams{}, nil, flow.TaskPage{}, 0, s.listTasks},
		{get, "/tasks/counts", signedIn, "Numbers of open tasks and unread copies", nil, nil, flow.Counts{}, 0, s.taskCounts},
		{get, "/tasks/:task", signedIn, "A task with its record, flow and history", taskParams{}, nil, flow.TaskDetail{}, 0, s.getTask},
		{post, "/tasks/batch", signedIn, "Approve, reject or mark as read many tasks, each by itself", nil, batchBody{}, batchAnswer{}, 0, s.decideBatch},
		{get, "/people", signedIn, "Active members to choose from", peopleParams{}, nil, []engine.Person{}, 0, s.listPeople},
		{post, "/tasks/:task/read", signedIn, "Mark a copy as read", taskParams{}, nil, nil, 0, s.readTask},
		{post, "/tasks/:task/:verb", signedIn, "Decide a task", decideParams{}, actBody{}, flow.Decided{}, 0, s.decideTask},
	}
}

func (s *server) flowRoutes() []route {
	return []route{
		{get, "/flows", signedIn, "Flows the reader administers", nil, nil, []flowInfo{}, 0, s.listFlows},
		{get, "/flows/:name", signedIn, "A flow with its draft, and what a check finds", flowParams{}, nil, flowAnswer{}, 0, s.getFlow},
		{get, "/flows/:name/people", signedIn, "People to simulate with", flowPeopleParams{}, nil, []personAnswer{}, 0, s.flowPeople},
		{get, "/flows/:name/versions", signedIn, "Publishes that changed a flow, newest first", flowParams{}, nil, []pastFlow{}, 0, s.flowVersions},
		{get, "/flows/:name/approvers-table", signedIn, "Who approves what, at which amount", tableParams{}, nil, flow.ApproverTable{}, 0, s.approversTable},
		{post, "/flows/:name/simulate", signedIn, "Play a flow without any effect", flowParams{}, simulateBody{}, flow.Simulation{}, 0, s.simulateFlow},
		{post, "/flows/:name/replay", signedIn, "Play the last real runs against the draft", flowParams{}, replayBody{}, flow.Replay{}, 0, s.replayFlow},
		{post, "/flows/:name/scenarios", signedIn, "Play the saved scenarios", flowParams{}, scenariosBody{}, scenariosAnswer{}, 0, s.runScenarios},
	}
}

func (s *server) memberRoutes() []route {
	return []route{
		{get, "/members", admin, "Members of the company", nil, nil, []memberAnswer{}, 0, s.listMembers},
		{post, "/members", admin, "Add a member with an account of his own", nil, newMemberBody{}, newMemberAnswer{}, http.StatusCreated, s.addMember},
		{patch, "/members/:user", admin, "Change name, roles, department, leader; disable", userParams{}, memberBody{}, memberAnswer{}, 0, s.patchMember},
		{post, "/members/:user/password", admin, "Set a generated password; sessions end", userParams{}, nil, passwordAnswer{}, 0, s.resetMember},
		{get, "/roles", admin, "Roles of the catalog", nil, nil, []roleAnswer{}, 0, s.listRoles},
	}
}

func (s *server) definitionRoutes() []route {
	return []route{
		{get, "/definitions", admin, "Published definitions", nil, nil, []builder.Info{}, 0, s.listDefinitions},
		{get, "/definitions/:kind/:name", admin, "A published definition", definitionParams{}, nil, json.RawMessage{}, 0, s.getDefinition},
		{get, "/schemas/:kind", admin, "Meta-schema of a kind of definition", kindParams{}, nil, json.RawMessage{}, 0, s.getMetaSchema},
		{get, "/draft", admin, "What is edited but not published", nil, nil, builder.Draft{}, 0, s.getDraft},
		{put, "/draft/:kind/:name", admin, "Put a definition into the draft", definitionParams{}, json.RawMessage{}, nil, 0, s.putDraft},
		{remove, "/draft/:kind/:name", admin, "Take a definition out of the draft: what is published stays", definitionParams{}, nil, nil, 0, s.revertDraft},
		{remove, "/definitions/:kind/:name", admin, "Mark a definition as removed in the draft", definitionParams{}, nil, nil, 0, s.removeDefinition},
		{remove, "/draft", admin, "Empty the draft", nil, nil, nil, 0, s.discardDraft},
		{post, "/draft/check", admin, "Check the draft", nil, nil, checkAnswer{}, 0, s.checkDraft},
		{post, "/draft/publish", admin, "Publish the draft", nil, publishBody{}, tenant.Published{}, 0, s.publish},
		{get, "/versions", admin, "What was published, newest first", nil, nil, []tenant.Published{}, 0, s.listVersions},
		{post, "/versions/:number/publish", admin, "Publish an older version again", versionParams{}, publishBody{}, tenant.Published{}, 0, s.publishAgain},
		{get, "/templates", admin, "Shipped templates", nil, nil, []builder.TemplateInfo{}, 0, s.listTemplates},
		{post, "/templates/:name/install", admin, "Install a template", templateParams{}, nil, tenant.Published{}, http.StatusCreated, s.installTemplate},
	}
}

// idParams names a session.
type idParams struct {
	ID string `path:"id"`
}

// bundleAnswer documents engine.Bundle: its definitions are those of the meta-schemas.
type bundleAnswer struct {
	Version string                     `json:"version"`
	Entity  json.RawMessage            `json:"entity"`
	Forms   map[string]json.RawMessage `json:"forms"`
	Views   map[string]json.RawMessage `json:"views"`
	Prints  []printing.Info            `json:"prints"`
	Begins  []engine.Begin             `json:"begins"`
	Form    string                     `json:"form"`
	Rights  record.Rights              `json:"rights"`
	Slice   json.RawMessage            `json:"slice"`
	Titles  map[string]string          `json:"titles"`
	Now     string                     `json:"now"`
	Zone    string                     `json:"zone"`
	Offset  string                     `json:"offset"`
	// Calendar are the days that differ from Monday to Friday: date → workday.
	Calendar map[string]bool `json:"calendar,omitempty"`
}
