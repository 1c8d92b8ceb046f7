package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/store"
	"formwork/engine/store/storetest"
)

// errUnwell ends the command with a failure after its findings were printed.
var errUnwell = errors.New("something is wrong, see above")

type doctorOptions struct {
	place
	health      bool
	url         string
	conformance bool
}

func doctorCommand() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look whether everything is well: the catalogs, the chained event log, the records against it, the files, the store itself", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case o.health:
				return checkHealth(cmd.Context(), o.url)
			case o.conformance:
				return o.conform(cmd)
			}
			return o.with(cmd, func(ctx context.Context, f *formwork) error { return examine(ctx, cmd, f) })
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.health, "health", false, "only ask a running server on this machine whether it is ready")
	cmd.Flags().StringVar(&o.url, "url", "https://127.0.0.1:8080", "with --health: where the server is")
	cmd.Flags().BoolVar(&o.conformance, "conformance", false,
		"run the storage conformance suite in scratch databases on the store of --store (they are dropped at the end)")
	return cmd
}

// checkHealth asks a server on this machine; its certificate may be self-made, so it is not checked.
func checkHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, //nolint:gosec // our own server on loopback, asked for nothing secret
	}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // nothing was read from it
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("server answers %s", res.Status)
	}
	return nil
}

// examine compiles every company's catalog, verifies the chain of its event log, holds its records against it and looks for
// the bytes of its files.
func examine(ctx context.Context, cmd *cobra.Command, f *formwork) error {
	tenants, err := f.engine.Tenants.Tenants(ctx)
	if err != nil {
		return err
	}
	well := true
	for _, t := range tenants {
		if _, err := f.engine.Catalogs.Active(ctx, t.Name); err != nil {
			cmd.Printf("%s: catalog: %v\n", t.Name, err)
			well = false
		}
		db, err := f.engine.Tenants.Store(ctx, t.Name)
		if err != nil {
			return err
		}
		chain, err := event.Verify(ctx, db)
		if err != nil {
			return fmt.Errorf("read event log of %s: %w", t.Name, err)
		}
		for _, finding := range chain.Findings() {
			cmd.Printf("%s: event log: %s at %s/%s revision %d\n", t.Name, finding.Code, finding.Entity, finding.Record, finding.Rev)
			well = false
		}
		proved, sound, err := proveRecords(ctx, cmd, f, t.Name)
		if err != nil {
			return fmt.Errorf("hold records of %s against the log: %w", t.Name, err)
		}
		well = well && sound
		missing, err := f.engine.Files.Missing(ctx, t.Name)
		if err != nil {
			return fmt.Errorf("look for files of %s: %w", t.Name, err)
		}
		for i := range missing {
			cmd.Printf("%s: file %s (%s): its bytes are missing or cut off\n", t.Name, missing[i].ID, missing[i].Name)
			well = false
		}
		cmd.Printf("%s: looked through, %d records held against their histories\n", t.Name, proved)
	}
	if !well {
		return errUnwell
	}
	cmd.Println("all is well")
	return nil
}

// proveRecords holds the records of a company against their histories and prints what does not agree.
func proveRecords(ctx context.Context, cmd *cobra.Command, f *formwork, tenant string) (proved int, sound bool, err error) {
	sound = true
	err = f.engine.ProveAll(ctx, tenant, func(entity, id string, p flow.Proof) {
		proved++
		for _, m := range p.Mismatches {
			if m.Code == flow.MismatchEvent {
				continue // the log was looked through as a whole
			}
			sound = false
			cmd.Printf("%s: %s/%s is not what its history says: %s\n", tenant, entity, id, strings.Join(strings.Fields(m.Code+" "+m.Field+" "+m.Note), " "))
		}
	})
	return proved, sound, err
}

// conform runs the conformance suite of storage against the user's own server or disk.
func (o *doctorOptions) conform(cmd *cobra.Command) error {
	prefix := fmt.Sprintf("fwdoctor%d", time.Now().Unix())
	failed := 0
	for _, c := range storetest.Cases() {
		result := &checkup{ctx: cmd.Context()}
		done := make(chan struct{})
		go func() { // Fatalf ends the goroutine of a case
			defer close(done)
			c.Run(result, prefix, func() store.Backend {
				backend, err := o.backend(cmd.Context())
				if err != nil {
					result.Fatalf("open store: %v", err)
				}
				return backend
			})
		}()
		<-done
		if len(result.failures) == 0 {
			cmd.Printf("ok   %s\n", c.Name)
			continue
		}
		failed++
		for _, failure := range result.failures {
			cmd.Printf("FAIL %s: %s\n", c.Name, failure)
		}
	}
	if failed > 0 {
		return errUnwell
	}
	return nil
}
