package api

import (
	"context"
	"reflect"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/access"
	"formwork/engine/identity"
)

const (
	base         = "/api/v1"
	problemJSON  = "application/problem+json"
	requestIDKey = "request_id"
)

// gate says who may call a route; rights on entities are checked by the services.
type gate int

const (
	public   gate = iota // anybody
	signedIn             // a person with a session
	admin                // an administrator of the tenant
)

// route is one row of the table. params is a struct with path and query tags, body the JSON body, answer the JSON
// answer (nil: 204); all three are samples for OpenAPI.
type route struct {
	method, path string
	access       gate
	summary      string
	params       any
	body         any
	answer       any
	status       int // 0 = 200
	handle       func(*request) error
}

func (r route) statusOr200() int {
	if r.status != 0 {
		return r.status
	}
	return fiber.StatusOK
}

// request is one call with who makes it.
type request struct {
	*fiber.Ctx
	ctx     context.Context // with the request's deadline
	actor   access.Actor
	session identity.Session

	replayed bool // the command was done before, under the same key
}

// decode reads the JSON body strictly. Another content type is refused, so that a plain form of a foreign page can
// never be taken for a command.
func (r *request) decode(into any) error {
	kind, _, _ := strings.Cut(r.Get(fiber.HeaderContentType), ";")
	if len(r.Body()) > 0 && strings.TrimSpace(kind) != fiber.MIMEApplicationJSON {
		return fiber.ErrUnsupportedMediaType
	}
	return decode(r.Body(), into)
}

// bind fills a params struct from path and query. Unknown query parameters are refused.
func (r *request) bind(into any) error {
	v := reflect.ValueOf(into).Elem()
	known := map[string]bool{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		var value string
		if name := f.Tag.Get("path"); name != "" {
			value = r.Params(name)
		} else {
			name = f.Tag.Get("query")
			known[name] = true
			value = r.Query(name)
		}
		if err := setParam(v.Field(i), value); err != nil {
			return &paramError{Name: f.Name}
		}
	}
	for name := range r.Queries() {
		if !known[name] {
			return &paramError{Name: name, Unknown: true}
		}
	}
	return nil
}

func setParam(field reflect.Value, value string) error {
	if value == "" {
		return nil
	}
	switch field.Kind() {
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		field.SetInt(n)
	case reflect.Bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return err
		}
		field.SetBool(b)
	default:
		field.SetString(value)
	}
	return nil
}

// ifMatch reads the revision of If-Match, 0 if there is none.
func (r *request) ifMatch() (int64, error) {
	tag := strings.Trim(strings.TrimPrefix(r.Get(fiber.HeaderIfMatch), "W/"), `"`)
	if tag == "" {
		return 0, nil
	}
	rev, err := strconv.ParseInt(tag, 10, 64)
	if err != nil || rev < 1 {
		return 0, &paramError{Name: fiber.HeaderIfMatch}
	}
	return rev, nil
}

// idempotencyKey reads the header; "" if there is none.
func (r *request) idempotencyKey() (string, error) {
	key := r.Get("Idempotency-Key")
	if len(key) > 128 {
		return "", &paramError{Name: "Idempotency-Key"}
	}
	return key, nil
}

// etag marks the answer with a revision.
func (r *request) etag(rev int64) { r.Set(fiber.HeaderETag, `"`+strconv.FormatInt(rev, 10)+`"`) }
