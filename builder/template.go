package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/tenant"
)

// Shipped is a template as the program brings it along.
type Shipped struct {
	Manifest    *def.Template
	Definitions def.Definitions
	Files       fs.FS // its folder: sample/, testdata/
}

// TemplateInfo is a shipped template as lists show it.
type TemplateInfo struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	I18n      def.I18n `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	Version   string   `json:"version"`
	Installed string   `json:"installed,omitempty"` // version the tenant has
}

// Templates lists the shipped templates by name, with the version the tenant has installed.
func (b *Builder) Templates(ctx context.Context, tenantName string) ([]TemplateInfo, error) {
	current, err := b.config.Catalogs.Current(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	shipped, err := b.templates()
	if err != nil {
		return nil, err
	}
	infos := make([]TemplateInfo, 0, len(shipped))
	for _, name := range sortedKeys(shipped) {
		m := shipped[name].Manifest
		infos = append(infos, TemplateInfo{
			Name: name, Title: m.Title, I18n: m.I18n, Version: m.Version, Installed: current.Templates[name].Version,
		})
	}
	return infos, nil
}

// Template gives a shipped template; ErrUnknownTemplate if there is none of that name.
func (b *Builder) Template(name string) (*Shipped, error) {
	shipped, err := b.templates()
	if err != nil {
		return nil, err
	}
	t, ok := shipped[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrUnknownTemplate, name)
	}
	return t, nil
}

// Install adds a template, and first those it needs that are not installed, to the catalog in force and publishes the
// result. The definitions as shipped are kept as the template's base. It fails with ErrInstalled, or with *ProblemsError
// if a name is taken or a check finds errors. The draft stays.
func (b *Builder) Install(ctx context.Context, actor access.Actor, name string) (tenant.Published, error) {
	current, active, err := b.inForce(ctx, actor.Tenant)
	if err != nil {
		return tenant.Published{}, err
	}
	if _, installed := current.Templates[name]; installed {
		return tenant.Published{}, ErrInstalled
	}
	order, err := b.needed(name, current.Templates)
	if err != nil {
		return tenant.Published{}, err
	}
	definitions := maps.Clone(active.Definitions)
	var problems []def.Problem
	for _, template := range order {
		for _, ref := range template.Definitions.Refs() {
			if _, taken := definitions[ref]; taken {
				problems = append(problems, def.Problem{Ref: ref.String(), Code: "name_taken", Level: def.LevelError, Params: map[string]any{"template": template.Manifest.Name}})
				continue
			}
			definitions[ref] = template.Definitions[ref]
		}
	}
	if len(problems) > 0 {
		return tenant.Published{}, &ProblemsError{problems}
	}
	catalog, found := b.compile(definitions, active)
	// Warnings of a shipped template were accepted by those who shipped it.
	if found = slices.DeleteFunc(found, func(p def.Problem) bool { return !isError(p) }); len(found) > 0 {
		return tenant.Published{}, &ProblemsError{found}
	}
	next := tenant.Published{Note: name, Templates: maps.Clone(current.Templates)}
	if next.Templates == nil {
		next.Templates = map[string]tenant.Installed{}
	}
	for _, template := range order {
		base, err := b.config.Catalogs.SaveManifest(ctx, actor.Tenant, template.Definitions)
		if err != nil {
			return tenant.Published{}, err
		}
		next.Templates[template.Manifest.Name] = tenant.Installed{Version: template.Manifest.Version, Base: base}
	}
	return b.activate(ctx, actor, change{current, active, catalog}, next)
}

// needed lists a template after those it needs, without those that are installed.
func (b *Builder) needed(name string, installed map[string]tenant.Installed) ([]*Shipped, error) {
	var order []*Shipped
	seen := map[string]bool{}
	var visit func(name string) error
	visit = func(name string) error {
		template, err := b.Template(name)
		if err != nil {
			return err
		}
		if seen[name] {
			return nil
		}
		seen[name] = true
		if !satisfies(EngineVersion, template.Manifest.Engine) {
			return fmt.Errorf("template %s needs engine %s, this is %s", name, template.Manifest.Engine, EngineVersion)
		}
		for _, other := range sortedKeys(template.Manifest.Needs) {
			version := installed[other].Version
			if version == "" {
				if err := visit(other); err != nil {
					return err
				}
				version = b.shippedVersion(other)
			}
			if !satisfies(version, template.Manifest.Needs[other]) {
				return fmt.Errorf("template %s needs %s %s, not %s", name, other, template.Manifest.Needs[other], version)
			}
		}
		order = append(order, template)
		return nil
	}
	return order, visit(name)
}

// shippedVersion is the version of a template that is known to be shipped.
func (b *Builder) shippedVersion(name string) string {
	template, err := b.Template(name)
	if err != nil {
		return ""
	}
	return template.Manifest.Version
}

// readTemplates decodes all shipped templates.
func readTemplates(files fs.FS) (map[string]*Shipped, error) {
	folders, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	templates := map[string]*Shipped{}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		sub, err := fs.Sub(files, folder.Name())
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", folder.Name(), err)
		}
		template, err := ReadTemplate(sub)
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", folder.Name(), err)
		}
		if template.Manifest.Name != folder.Name() {
			return nil, fmt.Errorf("template %s calls itself %s", folder.Name(), template.Manifest.Name)
		}
		templates[folder.Name()] = template
	}
	return templates, nil
}

// ReadTemplate decodes one template from its folder: template.json, settings.json, and a folder per kind with
// <name>.json. It fails with *ProblemsError if a definition does not decode.
func ReadTemplate(folder fs.FS) (*Shipped, error) {
	manifest, err := decodeFile(folder, "template.json", def.KindTemplate)
	if err != nil {
		return nil, err
	}
	t := &Shipped{Definitions: def.Definitions{}, Files: folder}
	t.Manifest, _ = manifest.(*def.Template) // the kind says so
	if err := t.add(folder, "settings.json", def.KindSettings); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, kind := range def.Kinds {
		files, err := fs.Glob(folder, string(kind)+"/*.json")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if err := t.add(folder, file, kind); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// add decodes one file of a template.
func (t *Shipped) add(folder fs.FS, file string, kind def.Kind) error {
	definition, err := decodeFile(folder, file, kind)
	if err != nil {
		return err
	}
	name := definition.Common().Name
	if kind != def.KindSettings && name != strings.TrimSuffix(path.Base(file), ".json") {
		return fmt.Errorf("%s holds %s", file, name)
	}
	t.Definitions[def.RefOf(t.Manifest.Name, definition)] = definition
	return nil
}

func decodeFile(folder fs.FS, file string, kind def.Kind) (def.Definition, error) {
	raw, err := fs.ReadFile(folder, file)
	if err != nil {
		return nil, err
	}
	definition, problems := def.Decode(kind, raw)
	if len(problems) > 0 {
		return nil, refused(def.Ref{Kind: kind, Name: strings.TrimSuffix(path.Base(file), ".json")}, problems)
	}
	return definition, nil
}

// satisfies tells whether a version meets every comparison of a range such as ">=1.0.0 <2.0.0"; an empty range is met
// by all. Both have passed the meta-schema.
func satisfies(version, rng string) bool {
	for comparison := range strings.FieldsSeq(rng) {
		operator := strings.TrimRight(comparison, "0123456789.")
		order := compareVersions(version, strings.TrimPrefix(comparison, operator))
		met := map[string]bool{"": order == 0, "=": order == 0, ">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0}
		if !met[operator] {
			return false
		}
	}
	return true
}

func compareVersions(a, b string) int {
	return slices.Compare(versionParts(a), versionParts(b))
}

func versionParts(version string) []int {
	var parts []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part) // digits by the meta-schema
		parts = append(parts, n)
	}
	return parts
}
