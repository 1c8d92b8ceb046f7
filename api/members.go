package api

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
)

type (
	memberAnswer struct {
		User       string `json:"user"`
		Rev        int64  `json:"rev"`
		Account    login  `json:"account"`
		Name       string `json:"name"`
		Roles      []any  `json:"roles"`
		Department string `json:"department,omitempty"`
		Manager    string `json:"manager,omitempty"`
		Phone      string `json:"phone,omitempty"`
		Email      string `json:"email,omitempty"`
		Disabled   bool   `json:"disabled"`
	}
	login struct {
		Login string `json:"login"`
	}
	newMemberBody struct {
		Login      string   `json:"login"`
		Name       string   `json:"name"`
		Password   string   `json:"password,omitempty"`
		Roles      []string `json:"roles,omitempty"`
		Department string   `json:"department,omitempty"`
		Manager    string   `json:"manager,omitempty"`
		Phone      string   `json:"phone,omitempty"`
		Email      string   `json:"email,omitempty"`
	}
	newMemberAnswer struct {
		Member   memberAnswer `json:"member"`
		Password string       `json:"password,omitempty"`
	}
	memberBody struct {
		Name       *string   `json:"name,omitempty"`
		Roles      *[]string `json:"roles,omitempty"`
		Department *string   `json:"department,omitempty"`
		Manager    *string   `json:"manager,omitempty"`
		Phone      *string   `json:"phone,omitempty"`
		Email      *string   `json:"email,omitempty"`
		Disabled   *bool     `json:"disabled,omitempty"`
	}
	passwordAnswer struct {
		Password string `json:"password"`
	}
	roleAnswer struct {
		Name  string   `json:"name"`
		Title string   `json:"title"`
		I18n  def.I18n `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	}
	userParams struct {
		User string `path:"user"`
	}
)

func member(rec record.Record) memberAnswer {
	text := func(field string) string { s, _ := rec.Values[field].(string); return s }
	roles, _ := rec.Values["roles"].([]any)
	disabled, _ := rec.Values["disabled"].(bool)
	return memberAnswer{
		User: rec.ID, Rev: rec.Rev, Account: login{text("login")}, Name: text("name"), Roles: append([]any{}, roles...),
		Department: text("department"), Manager: text("manager"), Phone: text("phone"), Email: text("email"), Disabled: disabled,
	}
}

// listMembers gives all members by name: a company has hundreds, not millions.
func (s *server) listMembers(r *request) error {
	members := []memberAnswer{}
	for after := ""; ; {
		list, err := s.Engine.Records.List(r.ctx, r.actor, def.EntityUser, record.ListInput{
			Sort: []def.Sort{{Field: "name"}}, Limit: 1000, After: after,
		})
		if err != nil {
			return err
		}
		for _, rec := range list.Records {
			members = append(members, member(rec))
		}
		if list.Next == "" {
			return r.JSON(members)
		}
		after = list.Next
	}
}

func (s *server) addMember(r *request) error {
	var body newMemberBody
	if err := r.decode(&body); err != nil {
		return err
	}
	if strings.TrimSpace(body.Name) == "" {
		return &record.InvalidError{Problems: []form.Problem{{Field: "name", Code: "required"}}}
	}
	added, err := s.Engine.Identity.AddMember(r.ctx, r.actor, identity.NewMember{
		Login: body.Login, Name: body.Name, Password: body.Password, Values: body.values(),
	})
	if err != nil {
		return err
	}
	return r.Status(fiber.StatusCreated).JSON(newMemberAnswer{Member: member(added.Record), Password: added.Password})
}

func (b *newMemberBody) values() form.Values {
	values := form.Values{}
	for field, text := range map[string]string{"department": b.Department, "manager": b.Manager, "phone": b.Phone, "email": b.Email} {
		if text != "" {
			values[field] = text
		}
	}
	if len(b.Roles) > 0 {
		values["roles"] = anys(b.Roles)
	}
	return values
}

// patch gives what the body changes; an empty text removes.
func (b *memberBody) patch() form.Values {
	values := form.Values{}
	for field, text := range map[string]*string{"name": b.Name, "department": b.Department, "manager": b.Manager, "phone": b.Phone, "email": b.Email} {
		if text == nil {
			continue
		}
		values[field] = nil
		if *text != "" {
			values[field] = *text
		}
	}
	if b.Roles != nil {
		values["roles"] = anys(*b.Roles)
	}
	if b.Disabled != nil {
		values["disabled"] = *b.Disabled
	}
	return values
}

func anys(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

func (s *server) patchMember(r *request) error {
	var body memberBody
	if err := r.decode(&body); err != nil {
		return err
	}
	rev, err := r.ifMatch()
	if err != nil {
		return err
	}
	if rev == 0 {
		return errIfMatch
	}
	rec, err := s.Engine.Identity.ChangeMember(r.ctx, r.actor, r.Params("user"), record.PatchInput{IfRev: rev, Values: body.patch()})
	if err != nil {
		return err
	}
	r.etag(rec.Rev)
	return r.JSON(member(rec))
}

func (s *server) resetMember(r *request) error {
	password, err := s.Engine.Identity.ResetMember(r.ctx, r.actor.Tenant, r.Params("user"))
	if errors.Is(err, identity.ErrNotMember) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	return r.JSON(passwordAnswer{Password: password})
}

// listRoles gives the roles of the catalog; beside them there is always identity.AdminRole, whose title is the UI's.
func (s *server) listRoles(r *request) error {
	catalog, err := s.Engine.Catalogs.Active(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	answer := []roleAnswer{}
	for _, name := range slices.Sorted(maps.Keys(catalog.Roles)) {
		role := catalog.Roles[name]
		answer = append(answer, roleAnswer{Name: role.Name, Title: role.Title, I18n: role.I18n})
	}
	return r.JSON(answer)
}
