package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/spf13/cobra"

	"formwork/api"
	"formwork/web"
)

// drain is how long requests under way may take to finish after the signal to stop.
const drain = 20 * time.Second

type serveOptions struct {
	place
	listen   string
	tls      string
	insecure bool
	demo     bool
	url      string
}

func serveCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8080", "address and port to answer at")
	cmd.Flags().StringVar(&o.tls, "tls", "", "cert.pem,key.pem, or self for a certificate made at the first start")
	cmd.Flags().BoolVar(&o.insecure, "insecure-http", false, "allow plain HTTP beyond this machine; people see a warning")
	cmd.Flags().StringVar(&o.url, "url", "", "where people open the app, such as https://forms.example.com; links in messages begin with it (default: where it listens)")
	cmd.Flags().BoolVar(&o.demo, "demo", false, "create a demo company with people and data, if there is no company yet")
	return cmd
}

func (o *serveOptions) run(cmd *cobra.Command) error {
	if err := o.checkListen(); err != nil {
		return err
	}
	defer runtime.KeepAlive(ballast())
	atLeastThreads()
	ctx := cmd.Context()
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	f, err := o.open(ctx, log)
	if err != nil {
		return err
	}
	// Workers outlive the signal until the last request is answered.
	workCtx, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { f.engine.Run(workCtx) })
	defer func() {
		stopWork()
		work.Wait()
		if err := f.close(); err != nil {
			log.Error("close store", "error", err)
		}
	}()
	demo, err := o.company(ctx, f)
	if err != nil {
		return fmt.Errorf("demo company: %w", err)
	}
	setup, token, err := f.engine.Identity.NewSetup(ctx)
	if err != nil {
		return err
	}
	app, err := api.New(api.Config{
		Engine: f.engine, Builder: f.builder, Setup: setup, UI: ui(), TLS: o.tls != "", Banner: o.banner(), Log: log,
	})
	if err != nil {
		return err
	}
	listener, url, err := o.listener(log)
	if err != nil {
		return err
	}
	f.engine.Notify.OpenAt(cmp.Or(o.url, url))
	if err := greet(cmd, url, token, demo, o.data); err != nil {
		return err
	}
	return serve(ctx, app, listener)
}

// headroom is how much more the heap may grow before it is collected, in bytes: a heap of some 30 MB, which is all that most
// companies need, would be collected several times a second while many people work.
const headroom = 16 << 20

// ballast counts as living memory, so that the collector comes the later the smaller the heap is; nobody touches it, so it
// takes none. Whoever sets GOGC or GOMEMLIMIT decides himself.
func ballast() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, headroom)
}

// fewestThreads run Go code at once, on however few cores. The scheduler of Go looks for requests that have come in when one of
// its threads has nothing to do, or after 10 ms: on two cores that deadlines and followers keep busy, people wait for that. When there
// are more threads than cores, the kernel shares the cores out, and it lets threads go first that slept.
const fewestThreads = 4

// atLeastThreads sees to it that there are so many. Whoever sets GOMAXPROCS decides himself.
func atLeastThreads() {
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < fewestThreads {
		runtime.GOMAXPROCS(fewestThreads)
	}
}

// company gives the demo company when asked for, made now if there is no company yet; nil without one.
func (o *serveOptions) company(ctx context.Context, f *formwork) (*demoCompany, error) {
	if !o.demo {
		return nil, nil //nolint:nilnil // no demo is an answer
	}
	tenants, err := f.engine.Tenants.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	if len(tenants) > 0 {
		return readDemo(o.data)
	}
	return foundDemo(ctx, f, o.data)
}

// checkListen keeps passwords off the network: plain HTTP is for this machine only, unless asked for.
func (o *serveOptions) checkListen() error {
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", o.listen, err)
	}
	ip := net.ParseIP(host)
	loopback := host == "localhost" || ip != nil && ip.IsLoopback()
	if o.tls == "" && !loopback && !o.insecure {
		return errors.New("plain HTTP answers on this machine only: use --tls self, or --insecure-http to allow it")
	}
	return nil
}

func (o *serveOptions) banner() string {
	switch {
	case o.insecure && o.tls == "":
		return "insecure"
	case o.demo:
		return "demo"
	}
	return ""
}

// listener opens the port, with TLS if asked for, and says the address people type.
func (o *serveOptions) listener(log *slog.Logger) (net.Listener, string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", o.listen)
	if err != nil {
		return nil, "", fmt.Errorf("listen: %w", err)
	}
	url := "http://" + ln.Addr().String()
	if o.tls == "" {
		return ln, url, nil
	}
	// Browsers judge a certificate by the clock of their machine.
	cert, fingerprint, err := certificate(o.tls, o.data, time.Now())
	if err != nil {
		return nil, "", errors.Join(err, ln.Close())
	}
	log.Info("certificate", "sha256", fingerprint)
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	return tls.NewListener(ln, config), "https://" + ln.Addr().String(), nil
}

// serve answers until the context ends, then lets requests under way finish, for as long as drain.
func serve(ctx context.Context, app *fiber.App, ln net.Listener) error {
	spare := newSpareListener(ln)
	failed := make(chan error, 1)
	go func() { failed <- app.Listener(spare) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		spare.closeSpare()
		return app.ShutdownWithTimeout(drain)
	}
}

// greet prints where the server is and how to get in.
func greet(cmd *cobra.Command, url, token string, demo *demoCompany, dataDir string) error {
	cmd.Printf("\nFormwork is running at %s\n", url)
	if token != "" {
		cmd.Printf("First run: open %s/setup and enter this token: %s\n", url, token)
	}
	if demo != nil {
		return demo.greet(cmd, url, dataDir)
	}
	return nil
}

// ui gives the built web UI, nil in a build without one.
func ui() fs.FS {
	files := web.Files()
	if _, err := fs.Stat(files, "index.html"); err != nil {
		fmt.Fprintln(os.Stderr, "formwork: built without the web UI; only the API answers")
		return nil
	}
	return files
}
