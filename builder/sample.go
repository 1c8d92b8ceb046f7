package builder

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
)

// Person is a demo user that Sample created. The password is shown once and kept nowhere.
type Person struct {
	Name     string   `json:"name"` // of the account in the template
	User     string   `json:"user"` // id of the user record
	Login    string   `json:"login"`
	Title    string   `json:"title"`
	Roles    []string `json:"roles"`
	Password string   `json:"password"`
}

// Sample creates the demo users of an installed template and of those it needs, then their sample records in the order
// of the manifests. Logins are "<prefix><account>". In the files {"key": …} names a record by its natural key, or, in a
// field that holds a user, a demo user by the name of the account. Meant for a new tenant: where the logins are taken it
// fails with identity.ErrLoginTaken.
func (b *Builder) Sample(ctx context.Context, actor access.Actor, name, prefix string) ([]Person, error) {
	catalog, err := b.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	order, err := b.needed(name, nil)
	if err != nil {
		return nil, err
	}
	var people []Person
	users := map[string]string{}
	for _, template := range order {
		for _, account := range template.Manifest.Accounts {
			if _, known := users[account.Name]; known {
				continue
			}
			person, err := b.addPerson(ctx, actor, catalog, account, prefix)
			if err != nil {
				return nil, err
			}
			users[account.Name] = person.User
			people = append(people, person)
		}
	}
	for _, template := range order {
		for _, sample := range template.Manifest.Sample {
			load := sampleLoad{builder: b, actor: actor, catalog: catalog, users: users, template: template}
			if err := load.file(ctx, sample); err != nil {
				return nil, fmt.Errorf("sample %s of %s: %w", sample.Name, template.Manifest.Name, err)
			}
		}
	}
	return people, nil
}

func (b *Builder) addPerson(ctx context.Context, actor access.Actor, catalog *def.Catalog, account def.Account, prefix string) (Person, error) {
	roles := []any{}
	for _, role := range account.Roles {
		if _, ok := catalog.Roles[role]; ok {
			roles = append(roles, role)
		}
	}
	added, err := b.config.Identity.AddMember(ctx, actor, identity.NewMember{
		Login: prefix + account.Name, Name: account.Title, Values: form.Values{"roles": roles},
	})
	if err != nil {
		return Person{}, fmt.Errorf("demo user %s: %w", account.Name, err)
	}
	return Person{
		Name: account.Name, User: added.Record.ID, Login: added.Account.Login, Title: account.Title, Roles: account.Roles, Password: added.Password,
	}, nil
}

// approvedState is the state of a sample's records where there is approval.
const approvedState = "approved"

// sampleLoad creates the records of one file.
type sampleLoad struct {
	builder  *Builder
	actor    access.Actor
	catalog  *def.Catalog
	users    map[string]string // account → user id
	template *Shipped
}

func (l sampleLoad) file(ctx context.Context, sample def.Sample) error {
	raw, err := fs.ReadFile(l.template.Files, sample.File)
	if err != nil {
		return err
	}
	var content struct {
		Records []map[string]any `json:"records"`
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&content); err != nil {
		return err
	}
	entity, ok := l.catalog.Entity(sample.Entity)
	if !ok {
		return fmt.Errorf("%w: entity %s", ErrUnknownDefinition, sample.Entity)
	}
	for i, values := range content.Records {
		if err := l.people(entity.Properties, values); err != nil {
			return fmt.Errorf("record %d: %w", i+1, err)
		}
		if err := l.record(ctx, entity, wire(values)); err != nil {
			return fmt.Errorf("record %d: %w", i+1, err)
		}
	}
	return nil
}

// record creates a record, or adds values to the one that has its natural key: a template that extends an entity gives
// its own fields of another template's sample.
func (l sampleLoad) record(ctx context.Context, entity *def.Entity, values form.Values) error {
	records := l.builder.config.Records
	key, keyed := values[entity.Natural]
	if keyed {
		filter, err := json.Marshal(map[string]any{"field": entity.Natural, "op": "eq", "value": key})
		if err != nil {
			return err
		}
		found, err := records.List(ctx, l.actor, entity.Name, record.ListInput{Filter: filter, Limit: 1})
		if err != nil {
			return err
		}
		if len(found.Records) > 0 {
			delete(values, entity.Natural)
			_, err := records.Patch(ctx, l.actor, entity.Name, found.Records[0].ID, record.PatchInput{Values: values})
			return err
		}
	}
	_, err := records.Create(ctx, l.actor, entity.Name, record.CreateInput{Values: values, Imported: true, State: approvedState})
	return err
}

// people puts the ids of demo users where fields hold users.
func (l sampleLoad) people(fields map[string]*def.Field, values map[string]any) error {
	for name, value := range values {
		field, ok := fields[name]
		if !ok {
			return fmt.Errorf("unknown field %s", name)
		}
		if rows, isList := value.([]any); isList && field.IsTable() {
			for _, row := range rows {
				columns, _ := row.(map[string]any)
				if err := l.people(field.Items.Properties, columns); err != nil {
					return err
				}
			}
			continue
		}
		object, isKey := value.(map[string]any)
		if !isKey || field.Target() != def.EntityUser {
			continue
		}
		account, _ := object["key"].(string)
		user, ok := l.users[account]
		if !ok {
			return fmt.Errorf("unknown demo user %q", account)
		}
		values[name] = user
	}
	return nil
}

// wire turns JSON numbers into integers; the record service refuses others.
func wire(values map[string]any) form.Values {
	for name, value := range values {
		values[name] = wireValue(value)
	}
	return values
}

func wireValue(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
	case map[string]any:
		return wire(v)
	case []any:
		for i, item := range v {
			v[i] = wireValue(item)
		}
	}
	return value
}
