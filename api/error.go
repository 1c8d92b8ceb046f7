package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwork/builder"
	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// failure is the body of every error (RFC 9457). Code is stable; the UI translates it with Params. Problems are the
// rejected values, Current the record as it is now after a conflict, Findings what a check of definitions found.
type failure struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      string         `json:"code"`
	Params    map[string]any `json:"params,omitempty"`
	Problems  []form.Problem `json:"problems,omitempty"`
	Current   *record.Record `json:"current,omitempty"`
	Findings  []def.Problem  `json:"findings,omitempty"`
	RequestID string         `json:"requestId,omitempty"`
}

// Errors of this package's own.
var (
	errNotFound    = errors.New("no such thing")
	errUnavailable = errors.New("store does not answer")
	errIfMatch     = errors.New("If-Match is required")
)

// paramError is a path, query or header parameter that cannot be used.
type paramError struct {
	Name    string
	Unknown bool
}

// Error satisfies error.
func (e *paramError) Error() string { return "bad parameter " + e.Name }

// panicError is a panic of a handler.
type panicError struct{ value any }

// Error satisfies error.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// sentinels are the errors without further content: status and code.
var sentinels = []struct {
	err    error
	status int
	code   string
}{
	{errNotFound, fiber.StatusNotFound, "not_found"},
	{errIfMatch, fiber.StatusPreconditionRequired, "if_match_required"},
	{errCSRF, fiber.StatusForbidden, "csrf"},
	{errAdminOnly, fiber.StatusForbidden, "forbidden"},
	{errUnavailable, fiber.StatusServiceUnavailable, "unavailable"},
	{record.ErrNotFound, fiber.StatusNotFound, "not_found"},
	{record.ErrForbidden, fiber.StatusForbidden, "forbidden"},
	{record.ErrIdempotencyConflict, fiber.StatusConflict, "idempotency_conflict"},
	{record.ErrNotEditable, fiber.StatusConflict, "not_editable"},
	{record.ErrInUse, fiber.StatusConflict, "master_in_use"},
	{identity.ErrBadCredentials, fiber.StatusUnauthorized, "bad_credentials"},
	{identity.ErrWrongPassword, fiber.StatusUnprocessableEntity, "wrong_password"},
	{identity.ErrUnauthenticated, fiber.StatusUnauthorized, "unauthenticated"},
	{identity.ErrLoginTaken, fiber.StatusConflict, "login_taken"},
	{identity.ErrLoginInvalid, fiber.StatusUnprocessableEntity, "login_invalid"},
	{identity.ErrNotMember, fiber.StatusForbidden, "not_member"},
	{identity.ErrLastAdmin, fiber.StatusConflict, "last_admin"},
	{identity.ErrSetup, fiber.StatusForbidden, "setup_refused"},
	{tenant.ErrUnknown, fiber.StatusNotFound, "not_found"},
	{tenant.ErrExists, fiber.StatusConflict, "tenant_exists"},
	{tenant.ErrName, fiber.StatusUnprocessableEntity, "tenant_name"},
	{tenant.ErrZone, fiber.StatusUnprocessableEntity, "zone"},
	{tenant.ErrPublished, fiber.StatusConflict, "published_meanwhile"},
	{errNoDraft, fiber.StatusConflict, "draft_broken"},
	{tenant.ErrVersion, fiber.StatusNotFound, "not_found"},
	{builder.ErrUnknownDefinition, fiber.StatusNotFound, "not_found"},
	{builder.ErrUnknownTemplate, fiber.StatusNotFound, "not_found"},
	{builder.ErrUnknownVersion, fiber.StatusNotFound, "not_found"},
	{builder.ErrInstalled, fiber.StatusConflict, "installed"},
	{builder.ErrNothing, fiber.StatusConflict, "draft_empty"},
	{store.ErrConflict, fiber.StatusConflict, "conflict"},
	{store.ErrTooLarge, fiber.StatusRequestEntityTooLarge, "too_large"},
	{store.ErrFull, fiber.StatusInsufficientStorage, "storage_full"},
	{store.ErrAway, fiber.StatusServiceUnavailable, "unavailable"},
	{context.DeadlineExceeded, fiber.StatusServiceUnavailable, "timeout"},
}

// describe turns an error into its answer; ok is false for errors nobody expected.
func describe(err error) (f failure, ok bool) {
	for _, explain := range []func(error) (failure, bool){
		describeValues, describeFlow, describeFile, describeSheet, describeNotify, describeRequest, describeIdentity, describeDefinitions,
	} {
		if f, ok := explain(err); ok {
			return f, true
		}
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return failure{Status: s.status, Code: s.code}, true
		}
	}
	return failure{Status: fiber.StatusInternalServerError, Code: "internal"}, false
}

// describeValues explains what is wrong with the values of a record or the question about records.
func describeValues(err error) (failure, bool) {
	var (
		invalid  *record.InvalidError
		conflict *record.ConflictError
		inUse    *record.InUseError
		field    *access.FieldError
		question *query.Error
	)
	switch {
	case errors.As(err, &invalid):
		code := "invalid"
		if invalid.NeedsReason {
			code = "needs_reason"
		}
		return failure{Status: fiber.StatusUnprocessableEntity, Code: code, Problems: invalid.Problems}, true
	case errors.As(err, &conflict):
		return failure{Status: fiber.StatusConflict, Code: "conflict", Current: &conflict.Current}, true
	case errors.As(err, &inUse):
		params := map[string]any{"hidden": inUse.Hidden}
		if len(inUse.By) > 0 {
			params["by"] = inUse.By
		}
		return failure{Status: fiber.StatusConflict, Code: "master_in_use", Params: params}, true
	case errors.As(err, &field):
		problems := make([]form.Problem, len(field.Fields))
		for i, path := range field.Fields {
			problems[i] = form.Problem{Field: path, Code: "field_denied"}
		}
		return failure{Status: fiber.StatusForbidden, Code: "field_denied", Problems: problems}, true
	case errors.As(err, &question):
		params := map[string]any{"path": question.Path}
		for k, v := range question.Params {
			params[k] = v
		}
		return failure{Status: fiber.StatusBadRequest, Code: "filter_" + question.Code, Params: params}, true
	}
	return failure{}, false
}

// flowStatus holds the refusals whose status is not 409 (flow.md §3).
var flowStatus = map[string]int{
	flow.CodeNotFound: 404, flow.CodeNotAssignee: 403, flow.CodeNotInitiator: 403, flow.CodeNotAdmin: 403,
	flow.CodeNotAllowed: 403, flow.CodeSelf: 403, flow.CodeFieldDenied: 403, flow.CodeRateLimit: 429,
	flow.CodeCommentRequired: 422, flow.CodeSignRequired: 422, flow.CodeBadTarget: 422, flow.CodeSelfTarget: 422,
	flow.CodeConfirmRequired: 422, flow.CodePickRequired: 422, flow.CodePickInvalid: 422, flow.CodeNeedsForm: 422, flow.CodeProxyWindow: 422,
	flow.CodeHookSignature: 401, flow.CodeHookKey: 400, flow.CodeHookBody: 400,
	flow.CodeUserDisabled: 422, flow.CodeUserUnknown: 422, flow.CodeTooManyRows: 422, flow.CodeDupApprover: 422, flow.CodeMigrateUnmapped: 422, flow.CodeMigrateScope: 422,
}

func describeFlow(err error) (failure, bool) {
	var refused *flow.Refused
	if !errors.As(err, &refused) {
		return failure{}, false
	}
	status, ok := flowStatus[refused.Code]
	if !ok {
		status = fiber.StatusConflict
	}
	return failure{Status: status, Code: refused.Code, Params: refused.Params}, true
}

// describeRequest explains a request that cannot be read.
func describeRequest(err error) (failure, bool) {
	var (
		body  *bodyError
		param *paramError
		http  *fiber.Error
	)
	switch {
	case errors.As(err, &body):
		params := map[string]any{"path": body.Path}
		if body.Line > 0 {
			params["line"], params["column"] = body.Line, body.Col
		}
		return failure{Status: fiber.StatusBadRequest, Code: body.Code, Params: params}, true
	case errors.As(err, &param):
		code := "bad_parameter"
		if param.Unknown {
			code = "unknown_parameter"
		}
		return failure{Status: fiber.StatusBadRequest, Code: code, Params: map[string]any{"name": param.Name}}, true
	case errors.As(err, &http):
		codes := map[int]string{
			404: "not_found", 405: "method_not_allowed", 411: "length_required", 413: "too_large", 415: "media_type", 416: "range", 431: "headers_too_large",
		}
		code, known := codes[http.Code]
		if !known {
			code = "malformed"
		}
		return failure{Status: http.Code, Code: code}, http.Code < 500
	}
	return failure{}, false
}

func describeIdentity(err error) (failure, bool) {
	var (
		throttled *identity.ThrottledError
		password  *identity.PasswordError
	)
	switch {
	case errors.As(err, &throttled):
		seconds := int(math.Ceil(throttled.RetryAfter.Seconds()))
		return failure{Status: fiber.StatusTooManyRequests, Code: "throttled", Params: map[string]any{"seconds": seconds}}, true
	case errors.As(err, &password):
		return failure{Status: fiber.StatusUnprocessableEntity, Code: password.Code}, true
	}
	return failure{}, false
}

func describeDefinitions(err error) (failure, bool) {
	var refused *builder.ProblemsError
	if errors.As(err, &refused) {
		return failure{Status: fiber.StatusUnprocessableEntity, Code: "definitions_refused", Findings: refused.Problems}, true
	}
	var preparing *builder.PreparingError
	if errors.As(err, &preparing) {
		return failure{Status: fiber.StatusServiceUnavailable, Code: "publish_preparing", Params: map[string]any{"records": preparing.Left}}, true
	}
	return failure{}, false
}

// handleError is the only place where errors become HTTP statuses. What nobody expected is logged once, with its cause,
// and answered with the request's id only.
func (s *server) handleError(c *fiber.Ctx, err error) error {
	f, expected := describe(err)
	f.Type, f.Title = "about:blank", f.Code
	f.RequestID, _ = c.Locals(requestIDKey).(string)
	if !expected {
		s.report(c, err, f.RequestID)
	}
	if seconds, ok := f.Params["seconds"].(int); ok && f.Status == fiber.StatusTooManyRequests {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds))
	}
	if f.Status == fiber.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, "5")
	}
	return c.Status(f.Status).JSON(f, problemJSON)
}

func (s *server) report(c *fiber.Ctx, err error, requestID string) {
	attrs := []any{"request_id", requestID, "method", c.Method(), "route", c.Route().Path, "error", err}
	var p *panicError
	if errors.As(err, &p) {
		attrs = append(attrs, "stack", string(debug.Stack()))
	}
	s.Log.ErrorContext(c.UserContext(), "request failed", attrs...)
}
