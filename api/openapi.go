package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"
)

var fiberParam = regexp.MustCompile(`:(\w+)`)

// openAPI builds the OpenAPI 3.1 document of the route table. Types of bodies and answers are the Go types the handlers
// use, so the document cannot drift from the code; a test holds every route to having a summary and its path's params.
func openAPI(routes []route) ([]byte, error) {
	reflector := openapi31.NewReflector()
	reflector.Spec.Info.WithTitle("Formwork").WithVersion("v1").WithDescription(
		"Numbers with decimals, money and dates are strings. Errors are application/problem+json with a stable code.")
	for _, r := range routes {
		op, err := reflector.NewOperationContext(r.method, base+fiberParam.ReplaceAllString(r.path, "{$1}"))
		if err != nil {
			return nil, err
		}
		op.SetSummary(r.summary)
		op.SetTags(tag(r.path))
		if r.params != nil {
			op.AddReqStructure(r.params)
		}
		if r.body != nil {
			op.AddReqStructure(r.body)
		}
		if r.answer != nil {
			op.AddRespStructure(r.answer, openapi.WithHTTPStatus(r.statusOr200()))
		} else {
			op.AddRespStructure(nil, openapi.WithHTTPStatus(http.StatusNoContent))
		}
		op.AddRespStructure(failure{}, openapi.WithContentType(problemJSON), func(cu *openapi.ContentUnit) { cu.IsDefault = true })
		if err := reflector.AddOperation(op); err != nil {
			return nil, err
		}
	}
	return json.MarshalIndent(reflector.Spec, "", "  ")
}

// tag groups the operations by the first word of their path.
func tag(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return strings.TrimSuffix(first, ".json")
}
