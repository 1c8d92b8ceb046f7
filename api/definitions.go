package api

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwork/builder"
	"formwork/engine/def"
	"formwork/engine/tenant"
)

type (
	definitionParams struct {
		Kind string `path:"kind"`
		Name string `path:"name"`
	}
	kindParams struct {
		Kind string `path:"kind"`
	}
	checkAnswer struct {
		Problems []def.Problem `json:"problems"`
	}
	publishBody struct {
		Note   string   `json:"note,omitempty"`
		Accept []string `json:"accept,omitempty" description:"codes of warnings that are accepted"`
	}
	versionParams struct {
		Number int64 `path:"number"`
	}
	templateParams struct {
		Name string `path:"name"`
	}
)

func (s *server) listDefinitions(r *request) error {
	all, err := s.Builder.Definitions(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	return r.JSON(all)
}

// ref names the definition of the path.
func (r *request) ref() (def.Ref, error) {
	ref, ok := def.ParseRef(r.Params("kind") + "/" + r.Params("name"))
	if !ok {
		return def.Ref{}, errNotFound
	}
	return ref, nil
}

func (s *server) getDefinition(r *request) error {
	ref, err := r.ref()
	if err != nil {
		return err
	}
	raw, err := s.Builder.Definition(r.ctx, r.actor.Tenant, ref)
	if err != nil {
		return err
	}
	return r.raw(raw)
}

// raw answers with JSON that is text already.
func (r *request) raw(document []byte) error {
	r.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return r.Send(document)
}

func (s *server) getMetaSchema(r *request) error {
	schema, err := def.MetaSchema(def.Kind(r.Params("kind")))
	if err != nil {
		return errNotFound
	}
	return r.raw(schema)
}

func (s *server) getDraft(r *request) error {
	draft, err := s.Builder.Draft(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	return r.JSON(draft)
}

// putDraft takes the definition as it is: def.Decode is as strict about it as decode is about other bodies.
func (s *server) putDraft(r *request) error {
	ref, err := r.ref()
	if err != nil {
		return err
	}
	if err := s.Builder.Put(r.ctx, r.actor, ref, r.Body()); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) removeDefinition(r *request) error {
	ref, err := r.ref()
	if err != nil {
		return err
	}
	if err := s.Builder.Remove(r.ctx, r.actor, ref); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) revertDraft(r *request) error {
	ref, err := r.ref()
	if err != nil {
		return err
	}
	if err := s.Builder.Revert(r.ctx, r.actor.Tenant, ref); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) discardDraft(r *request) error {
	if err := s.Builder.Discard(r.ctx, r.actor.Tenant); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) checkDraft(r *request) error {
	problems, err := s.Builder.Check(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	if problems == nil {
		problems = []def.Problem{}
	}
	return r.JSON(checkAnswer{Problems: problems})
}

func (s *server) publish(r *request) error {
	var body publishBody
	if err := r.decode(&body); err != nil {
		return err
	}
	published, err := s.Builder.Publish(r.ctx, r.actor, builder.PublishInput{Note: body.Note, Accept: body.Accept})
	if err != nil {
		return err
	}
	return r.JSON(published)
}

func (s *server) listVersions(r *request) error {
	versions, err := s.Builder.History(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	if versions == nil {
		versions = []tenant.Published{}
	}
	return r.JSON(versions)
}

func (s *server) publishAgain(r *request) error {
	var body publishBody
	if err := r.decode(&body); err != nil {
		return err
	}
	number, err := strconv.ParseInt(r.Params("number"), 10, 64)
	if err != nil {
		return errNotFound
	}
	published, err := s.Builder.PublishAgain(r.ctx, r.actor, number, builder.PublishInput{Note: body.Note, Accept: body.Accept})
	if err != nil {
		return err
	}
	return r.JSON(published)
}

func (s *server) listTemplates(r *request) error {
	templates, err := s.Builder.Templates(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	return r.JSON(templates)
}

func (s *server) installTemplate(r *request) error {
	published, err := s.Builder.Install(r.ctx, r.actor, r.Params("name"))
	if err != nil {
		return err
	}
	return r.Status(fiber.StatusCreated).JSON(published)
}

type (
	setupNeeded struct {
		Needed bool `json:"needed"`
	}
	setupBody struct {
		Token   string `json:"token"`
		Company struct {
			Name  string `json:"name"`
			Title string `json:"title"`
		} `json:"company"`
		Admin struct {
			Login    string `json:"login"`
			Name     string `json:"name"`
			Password string `json:"password"`
		} `json:"admin"`
		Lang     string `json:"lang"`
		Zone     string `json:"zone,omitempty"`
		Template string `json:"template,omitempty"`
	}
)

func (s *server) getSetup(r *request) error {
	return r.JSON(setupNeeded{Needed: s.Setup.Needed()})
}

// doSetup creates the first company and signs its administrator in.
func (s *server) doSetup(r *request) error {
	var body setupBody
	if err := r.decode(&body); err != nil {
		return err
	}
	err := s.Setup.Use(body.Token, func() error {
		_, err := s.Builder.Found(r.ctx, builder.Company{
			Name: body.Company.Name, Title: body.Company.Title, Lang: body.Lang, Zone: body.Zone, Template: body.Template,
			AdminLogin: body.Admin.Login, AdminName: body.Admin.Name, AdminPassword: body.Admin.Password,
		})
		return err
	})
	if err != nil {
		return err
	}
	s.Engine.Follow(body.Company.Name)
	token, sess, err := s.Engine.Identity.SignIn(r.ctx, body.Admin.Login, body.Admin.Password, body.Company.Name, r.client())
	if err != nil {
		return err
	}
	return s.welcome(r, token, sess)
}
