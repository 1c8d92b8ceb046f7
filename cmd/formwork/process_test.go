package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram tells this test binary to be the program instead: "formwork", or "bare", the server benchmarks compare it
// with. So tests kill and measure what users run, and nothing is built twice.
const asProgram = "FORMWORK_TEST_AS"

func TestMain(m *testing.M) {
	program := os.Getenv(asProgram)
	if program == "" {
		os.Exit(m.Run())
	}
	if file := os.Getenv("FORMWORK_CPU_PROFILE"); file != "" {
		out, err := os.Create(file)
		if err == nil {
			err = pprof.StartCPUProfile(out)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	if program == "bare" {
		bare()
		return
	}
	main()
}

// command is a program of this binary with arguments.
func command(program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), os.Args[0], args...) // who starts it ends it
	cmd.Env = append(os.Environ(), asProgram+"="+program)
	return cmd
}

// server is a server in a process of its own, which may be killed and started again on its data.
type server struct {
	t       testing.TB
	program string
	args    []string
	env     []string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	url    string
	log    bytes.Buffer
}

// serveProcess starts a server; --listen is added to its arguments. It is gone when the test ends.
func serveProcess(tb testing.TB, program string, args []string, env ...string) *server {
	tb.Helper()
	s := &server{t: tb, program: program, args: append(args, "--listen", "127.0.0.1:0"), env: env}
	tb.Cleanup(func() {
		s.kill()
		if tb.Failed() {
			tb.Logf("the server wrote:\n%s", s.written())
		}
	})
	s.start()
	return s
}

// start starts the process and waits until it says its address.
func (s *server) start() {
	s.t.Helper()
	cmd := command(s.program, s.args...)
	cmd.Env = append(cmd.Env, s.env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd.Stderr = logWriter{s}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	url, exited := make(chan string, 1), make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, address, found := strings.Cut(lines.Text(), " is running at "); found {
				url <- address
			}
		}
		_ = cmd.Wait() // killed, as a rule
		close(exited)
	}()
	s.mu.Lock()
	s.cmd, s.exited, s.url = cmd, exited, ""
	s.mu.Unlock()
	select {
	case address := <-url:
		s.mu.Lock()
		s.url = address
		s.mu.Unlock()
	case <-exited:
		s.t.Fatal("the server ended before it answered")
	case <-time.After(3 * time.Minute):
		s.t.Fatal("the server does not start")
	}
}

// kill is kill -9.
func (s *server) kill() { s.signal(syscall.SIGKILL) }

// stop lets the server finish.
func (s *server) stop() { s.signal(syscall.SIGTERM) }

func (s *server) signal(signal os.Signal) {
	s.mu.Lock()
	cmd, exited := s.cmd, s.exited
	s.url = ""
	s.mu.Unlock()
	_ = cmd.Process.Signal(signal) // it may be gone already
	<-exited
}

// freeze holds the server for a while, as a machine does that is busy or asleep, and lets it go on.
func (s *server) freeze(d time.Duration) {
	s.mu.Lock()
	cmd := s.cmd
	s.mu.Unlock()
	_ = cmd.Process.Signal(syscall.SIGSTOP) // it may be gone already
	time.Sleep(d)
	_ = cmd.Process.Signal(syscall.SIGCONT)
}

// address is where the server answers, "" while it does not run.
func (s *server) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

func (s *server) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

type logWriter struct{ s *server }

func (w logWriter) Write(text []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.log.Write(text)
}

// browser is somebody signed in. Its methods may be used by many goroutines.
type browser struct {
	server *server
	client *http.Client // nil = many
	cookie string
	csrf   string
}

// many keeps a connection per client open. hasty gives up where people would, so that it is not known what was done.
var (
	many  = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}, Timeout: 30 * time.Second}
	hasty = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}, Timeout: time.Second}
)

// signIn signs in somebody of the demo company.
func (s *server) signIn(data, login string) *browser {
	s.t.Helper()
	demo, err := readDemo(data)
	if err != nil || demo == nil {
		s.t.Fatalf("demo people: %v", err)
	}
	for _, p := range demo.People {
		if p.Login != login {
			continue
		}
		b := &browser{server: s}
		b.must("POST", "/session", object{"login": p.Login, "password": p.Password}, &b.csrf)
		return b
	}
	s.t.Fatalf("nobody of the demo company is called %s", login)
	return nil
}

type object = map[string]any

// answer is what the server said.
type answer struct {
	status int
	header http.Header
	body   []byte
	object object
}

func (a answer) text(name string) string { s, _ := a.object[name].(string); return s }

// list is the objects of an array of the answer.
func (a answer) list(name string) []object {
	items, _ := a.object[name].([]any)
	all := make([]object, 0, len(items))
	for _, item := range items {
		if item, ok := item.(object); ok {
			all = append(all, item)
		}
	}
	return all
}

// try sends one request; key is an Idempotency-Key or "". An error means that nobody knows what the server did.
func (b *browser) try(method, path string, body any, key string) (answer, error) {
	var raw io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		raw = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, b.server.address()+"/api/v1"+path, raw)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return b.send(req)
}

// send sends a request in the name of whoever signed in.
func (b *browser) send(req *http.Request) (answer, error) {
	req.Header.Set("Cookie", b.cookie)
	req.Header.Set("X-CSRF-Token", b.csrf)
	res, err := cmp.Or(b.client, many).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	a := answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		return answer{}, err
	}
	if len(a.body) > 0 && a.body[0] == '{' {
		decoder := json.NewDecoder(bytes.NewReader(a.body))
		decoder.UseNumber()
		err = decoder.Decode(&a.object)
	}
	return a, err
}

// must sends a request that has to succeed. A sign-in leaves its cookie and, in csrf, its token.
func (b *browser) must(method, path string, body any, csrf ...*string) answer {
	b.server.t.Helper()
	a, err := b.try(method, path, body, "")
	if err != nil || a.status >= 300 {
		b.server.t.Fatalf("%s %s: %d %s %v", method, path, a.status, a.body, err)
	}
	for _, token := range csrf {
		*token = a.text("csrf")
		for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
			b.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	return a
}

// sign uploads what somebody drew and gives its id; content is a PNG.
func (b *browser) sign(content []byte) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "sign.png")
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, b.server.address()+"/api/v1/files?use=signature", &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	a, err := b.send(req)
	if err == nil && a.status != http.StatusCreated {
		err = fmt.Errorf("%d %s", a.status, a.body)
	}
	return a.text("id"), err
}

// signs uploads n signatures, one for each decision.
func (b *browser) signs(n int) ([]string, error) {
	content, err := demoSignature("孙国强")
	if err != nil {
		return nil, err
	}
	ids := make([]string, n)
	err = fromMany(n, func(i int) error {
		var err error
		ids[i], err = b.sign(content)
		return err
	})
	return ids, err
}

// insist repeats a request under one key until the server has answered it, however often it is killed meanwhile.
func (b *browser) insist(method, path string, body any, key string) (answer, error) {
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		a, err := b.try(method, path, body, key)
		if err == nil && a.status < 500 {
			return a, nil
		}
		if time.Since(start) > 3*time.Minute {
			return a, fmt.Errorf("%s %s: %d %s: %w", method, path, a.status, a.body, err)
		}
	}
}

// everything reads all pages of a list.
func (b *browser) everything(path, items string) []object {
	b.server.t.Helper()
	var all []object
	for after := ""; ; {
		page := b.must("GET", path+"&after="+after, nil)
		all = append(all, page.list(items)...)
		if after = page.text("next"); after == "" {
			return all
		}
	}
}

// run runs a command of the program to its end and gives what it printed.
func run(tb testing.TB, args ...string) string {
	tb.Helper()
	out, err := command("formwork", args...).CombinedOutput()
	if err != nil {
		tb.Fatalf("formwork %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// dataIn is where tests keep a server's data.
func dataIn(folder string) string { return filepath.Join(folder, "data") }
