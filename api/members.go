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
	memberParams struct {
		Search string `query:"q"`
		After  string `query:"after"`
	}
	membersAnswer struct {
		Members []record.Record `json:"members"`
		Next    string          `json:"next"`
	}
	newMemberBody struct {
		Login      string   `json:"login"`
		Name       string   `json:"name"`
		Password   string   `json:"password,omitempty"`
		Roles      []string `json:"roles,omitempty"`
		Department string   `json:"department,omitempty"`
		Manager    string   `json:"manager,omitempty"`
		Phone      string   `json:"phone,omitempty"`
	}
	newMemberAnswer struct {
		Member   record.Record `json:"member"`
		Password string        `json:"password,omitempty"`
	}
	passwordAnswer struct {
		Password string `json:"password"`
	}
	roleAnswer struct {
		Name  string   `json:"name"`
		Title string   `json:"title"`
		I18n  def.I18n `json:"x-i18n,omitempty"`
	}
	rolesAnswer struct {
		Roles []roleAnswer `json:"roles"`
	}
	userParams struct {
		User string `path:"user"`
	}
)

func (s *server) listMembers(r *request) error {
	var p memberParams
	if err := r.bind(&p); err != nil {
		return err
	}
	list, err := s.Engine.Records.List(r.ctx, r.actor, "user", record.ListInput{
		Search: p.Search, Sort: []def.Sort{{Field: "name"}}, Limit: 100, After: p.After,
	})
	if err != nil {
		return err
	}
	return r.JSON(membersAnswer{Members: list.Records, Next: list.Next})
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
	return r.Status(fiber.StatusCreated).JSON(newMemberAnswer{Member: added.Record, Password: added.Password})
}

func (b *newMemberBody) values() form.Values {
	values := form.Values{}
	for field, text := range map[string]string{"department": b.Department, "manager": b.Manager, "phone": b.Phone} {
		if text != "" {
			values[field] = text
		}
	}
	if len(b.Roles) > 0 {
		roles := make([]any, len(b.Roles))
		for i, role := range b.Roles {
			roles[i] = role
		}
		values["roles"] = roles
	}
	return values
}

func (s *server) patchMember(r *request) error {
	var body patchBody
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
	rec, err := s.Engine.Identity.ChangeMember(r.ctx, r.actor, r.Params("user"), record.PatchInput{IfRev: rev, Values: body.Values})
	if err != nil {
		return err
	}
	return r.record(rec)
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
	answer := rolesAnswer{Roles: []roleAnswer{}}
	for _, name := range slices.Sorted(maps.Keys(catalog.Roles)) {
		role := catalog.Roles[name]
		answer.Roles = append(answer.Roles, roleAnswer{Name: role.Name, Title: role.Title, I18n: role.I18n})
	}
	return r.JSON(answer)
}
