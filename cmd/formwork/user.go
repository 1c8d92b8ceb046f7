package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"formwork/builder"
	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
)

// system is the actor of commands: who can open the data may do everything.
func system(tenantName string) access.Actor {
	return access.Actor{Tenant: tenantName, ID: "system", System: true}
}

func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Add, list and disable users, reset passwords"}
	cmd.AddCommand(userAddCommand(), userListCommand(), userPasswordCommand(),
		userDisableCommand("disable", "Disable a user: open sessions end at once", true),
		userDisableCommand("enable", "Let a disabled user in again", false))
	return cmd
}

func userAddCommand() *cobra.Command {
	var (
		p                place
		tenantName, name string
		roles            []string
	)
	cmd := &cobra.Command{
		Use: "add LOGIN", Short: "Add a user and print a generated password", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				list := make([]any, len(roles))
				for i, role := range roles {
					list[i] = role
				}
				added, err := f.engine.Identity.AddMember(ctx, system(tenantName), identity.NewMember{
					Login: args[0], Name: name, Values: form.Values{"roles": list},
				})
				if err != nil {
					return explain(err)
				}
				cmd.Printf("%s  %s\n", added.Account.Login, added.Password)
				return nil
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company")
	cmd.Flags().StringVar(&name, "name", "", "name that people see")
	cmd.Flags().StringSliceVar(&roles, "role", nil, "role, may be repeated; admin for an administrator")
	return required(cmd, "tenant", "name")
}

func userListCommand() *cobra.Command {
	var (
		p          place
		tenantName string
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List the users of a company", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				return eachUser(ctx, f, tenantName, func(u record.Record) {
					disabled := ""
					if off, _ := u.Values["disabled"].(bool); off {
						disabled = "disabled"
					}
					cmd.Printf("%-20v %-20v %v %s\n", u.Values["login"], u.Values["name"], list(u.Values["roles"]), disabled)
				})
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company")
	return required(cmd, "tenant")
}

func eachUser(ctx context.Context, f *formwork, tenantName string, show func(record.Record)) error {
	for after := ""; ; {
		page, err := f.engine.Records.List(ctx, system(tenantName), "user", record.ListInput{
			Sort: []def.Sort{{Field: "login"}}, Limit: 500, After: after,
		})
		if err != nil {
			return err
		}
		for _, u := range page.Records {
			show(u)
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
}

func list(value any) string {
	items, _ := value.([]any)
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	return strings.Join(texts, ",")
}

func userPasswordCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use: "password LOGIN", Short: "Set and print a new generated password; open sessions end", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				account, ok, err := f.engine.Identity.AccountByLogin(ctx, args[0])
				if err != nil {
					return err
				}
				if !ok {
					return fmt.Errorf("no account has the login %s", args[0])
				}
				password, err := f.engine.Identity.ResetPassword(ctx, account.ID)
				if err != nil {
					return err
				}
				cmd.Println(password)
				return nil
			})
		},
	}
	p.flags(cmd)
	return cmd
}

func userDisableCommand(use, short string, disable bool) *cobra.Command {
	var (
		p          place
		tenantName string
	)
	cmd := &cobra.Command{
		Use: use + " LOGIN", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context, f *formwork) error {
				var id string
				err := eachUser(ctx, f, tenantName, func(u record.Record) {
					if u.Values["login"] == args[0] {
						id = u.ID
					}
				})
				if err != nil {
					return err
				}
				if id == "" {
					return fmt.Errorf("%s has no user with the login %s", tenantName, args[0])
				}
				_, err = f.engine.Identity.ChangeMember(ctx, system(tenantName), id, record.PatchInput{
					Values: form.Values{"disabled": disable},
				})
				return explain(err)
			})
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&tenantName, "tenant", "", "company")
	return required(cmd, "tenant")
}

// required marks flags that must be given.
func required(cmd *cobra.Command, names ...string) *cobra.Command {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // a flag that was not defined: a mistake in this file
		}
	}
	return cmd
}

// explain names what a refusal is about: commands speak plain English, the codes are those of the API.
func explain(err error) error {
	var (
		invalid  *record.InvalidError
		problems *builder.ProblemsError
	)
	switch {
	case errors.As(err, &invalid):
		var texts []string
		for _, p := range invalid.Problems {
			texts = append(texts, fmt.Sprintf("%s: %s %v", p.Field, p.Code, p.Params))
		}
		return fmt.Errorf("%w: %s", err, strings.Join(texts, "; "))
	case errors.As(err, &problems):
		var texts []string
		for _, p := range problems.Problems {
			texts = append(texts, fmt.Sprintf("%s%s: %s %v", p.Ref, p.Path, p.Code, p.Params))
		}
		return fmt.Errorf("%w:\n%s", err, strings.Join(texts, "\n"))
	}
	return err
}
