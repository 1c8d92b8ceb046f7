package builder

import (
	"context"
	"errors"
	"strings"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
	"formwork/engine/tenant"
)

// Company is a new tenant with its first administrator.
type Company struct {
	Name          string // of the tenant, [a-z][a-z0-9_]*
	Title         string
	Lang          string // "" = zh-CN
	Zone          string // IANA; "" = Asia/Shanghai
	Template      string // "" = none
	AdminLogin    string
	AdminName     string
	AdminPassword string // "" = generate one
}

// Defaults of a company.
const (
	defaultLang = "zh-CN"
	defaultZone = "Asia/Shanghai"
)

// Found creates a tenant, installs a template and adds the administrator. What can be refused is looked at first, so a
// refusal leaves nothing behind: tenant.ErrName, tenant.ErrExists, tenant.ErrZone, ErrUnknownTemplate,
// identity.ErrLoginTaken, identity.ErrLoginInvalid, *identity.PasswordError, *record.InvalidError for missing texts. If
// the machine fails half way, Found for the same company and login goes on where it stopped.
func (b *Builder) Found(ctx context.Context, c Company) (identity.Added, error) {
	if c.Lang == "" {
		c.Lang = defaultLang
	}
	if c.Zone == "" {
		c.Zone = defaultZone
	}
	if err := b.checkCompany(ctx, c); err != nil {
		return identity.Added{}, err
	}
	err := b.config.Tenants.Create(ctx, tenant.Tenant{Name: c.Name, Title: c.Title, Lang: c.Lang, Zone: c.Zone})
	if err != nil && !errors.Is(err, tenant.ErrExists) {
		return identity.Added{}, err
	}
	engine := access.Actor{Tenant: c.Name, ID: "system", System: true}
	if c.Template != "" {
		if _, err := b.Install(ctx, engine, c.Template); err != nil && !errors.Is(err, ErrInstalled) {
			return identity.Added{}, err
		}
	}
	return b.config.Identity.AddMember(ctx, engine, identity.NewMember{
		Login: c.AdminLogin, Name: c.AdminName, Password: c.AdminPassword,
		Values: form.Values{"roles": []any{identity.AdminRole}},
	})
}

// checkCompany looks at everything that could refuse a new company.
func (b *Builder) checkCompany(ctx context.Context, c Company) error {
	var problems []form.Problem
	for field, text := range map[string]string{"company.title": c.Title, "admin.name": c.AdminName} {
		if strings.TrimSpace(text) == "" {
			problems = append(problems, form.Problem{Field: field, Code: "required"})
		}
	}
	if len(problems) > 0 {
		return &record.InvalidError{Problems: problems}
	}
	if c.Template != "" {
		if _, err := b.Template(c.Template); err != nil {
			return err
		}
	}
	if err := b.config.Tenants.Check(tenant.Tenant{Name: c.Name, Zone: c.Zone}); err != nil {
		return err
	}
	if err := b.config.Identity.CheckAccount(ctx, c.AdminLogin, c.AdminName, c.AdminPassword); err != nil {
		return err
	}
	return b.checkFree(ctx, c.Name)
}

// checkFree refuses a tenant that has people already; one without is a company whose founding was interrupted.
func (b *Builder) checkFree(ctx context.Context, name string) error {
	_, err := b.config.Tenants.Tenant(ctx, name)
	if errors.Is(err, tenant.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	people, err := b.config.Records.List(ctx, access.Actor{Tenant: name, ID: "system", System: true}, "user", record.ListInput{Limit: 1})
	if err != nil {
		return err
	}
	if len(people.Records) > 0 {
		return tenant.ErrExists
	}
	return nil
}
