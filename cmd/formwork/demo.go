package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"formwork/builder"
	"formwork/engine/access"
)

// demoCompany is the company of serve --demo. Its passwords are generated; they are kept in a file that only the owner
// of the data folder can read, since a demo is started again more often than its passwords are remembered.
type demoCompany struct {
	URL    string       `json:"url"`
	People []demoPerson `json:"people"`
}

type demoPerson struct {
	Login    string   `json:"login"`
	Title    string   `json:"title"`
	Password string   `json:"password"`
	Roles    []string `json:"roles"`
}

const (
	demoTenant   = "demo"
	demoTemplate = "labor"
)

// foundDemo creates the demo company.
func foundDemo(ctx context.Context, f *formwork, dataDir string) (*demoCompany, error) {
	added, err := f.builder.Found(ctx, builder.Company{
		Name: demoTenant, Title: "示例建设公司", Template: demoTemplate, AdminLogin: "admin", AdminName: "系统管理员",
	})
	if err != nil {
		return nil, err
	}
	demo := &demoCompany{People: []demoPerson{
		{Login: added.Account.Login, Title: added.Account.Name, Password: added.Password, Roles: []string{"admin"}},
	}}
	actor := access.Actor{Tenant: demoTenant, ID: "system", System: true}
	people, err := f.builder.Sample(ctx, actor, demoTemplate, "")
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		demo.People = append(demo.People, demoPerson{Login: p.Login, Title: p.Title, Password: p.Password, Roles: p.Roles})
	}
	if err := bringOpening(ctx, f, actor); err != nil {
		return nil, err
	}
	if err := playDemo(ctx, f, people, f.engine.Clock()); err != nil {
		return nil, err
	}
	return demo, demo.write(dataDir)
}

func demoFile(dataDir string) string { return filepath.Join(dataDir, "demo.json") }

// readDemo reads who is in the demo company; nil if the companies here are not the demo's.
func readDemo(dataDir string) (*demoCompany, error) {
	raw, err := os.ReadFile(demoFile(dataDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no demo here is an answer
	}
	if err != nil {
		return nil, err
	}
	var demo demoCompany
	if err := json.Unmarshal(raw, &demo); err != nil {
		return nil, fmt.Errorf("read %s: %w", demoFile(dataDir), err)
	}
	return &demo, nil
}

func (d *demoCompany) write(dataDir string) error {
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil { // with --store nothing else made it
		return err
	}
	return writeWhole(demoFile(dataDir), func(w io.Writer) error {
		_, err := w.Write(raw)
		return err
	})
}

// greet prints who can sign in.
func (d *demoCompany) greet(cmd *cobra.Command, url, dataDir string) error {
	d.URL = url
	for _, p := range d.People {
		cmd.Printf("  %-12s %s   %s\n", p.Login, p.Password, p.Title)
	}
	cmd.Println()
	return d.write(dataDir)
}
