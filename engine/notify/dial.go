package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// ErrAddress is the refusal to call an address inside the server's own network.
var ErrAddress = errors.New("address is not public and not allowed")

// callTimeout ends a call that nobody answers.
const callTimeout = 10 * time.Second

// dialer connects to public addresses and allowed networks only. It looks at the address itself, after names have been
// resolved, so that no name can lead inside.
type dialer struct{ allow []netip.Prefix }

// DialContext connects as net.Dialer does; ErrAddress for an address that may not be called.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	plain := net.Dialer{Timeout: callTimeout, Control: d.control}
	return plain.DialContext(ctx, network, address)
}

func (d *dialer) control(_, address string, _ syscall.RawConn) error {
	host, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrAddress
	}
	if ip := host.Addr().Unmap(); !d.permits(ip) {
		return ErrAddress
	}
	return nil
}

// inner are networks that netip does not count as private but that are not the public internet either.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("2002::/16"),
}

func (d *dialer) permits(ip netip.Addr) bool {
	for _, network := range d.allow {
		if network.Contains(ip) {
			return true
		}
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, network := range inner {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// resolveTimeout is how long a name may take to resolve where only a warning hangs on it.
const resolveTimeout = 2 * time.Second

// reaches tells whether an address may be called, as far as it is known now: none of what its host resolves to is refused.
func (d *dialer) reaches(ctx context.Context, address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", parsed.Hostname())
	if err != nil {
		return true
	}
	return !slices.ContainsFunc(ips, func(ip netip.Addr) bool { return !d.permits(ip.Unmap()) })
}

// client calls webhooks and robots: no redirects, no proxy, nothing kept of an answer but its beginning.
func (d *dialer) client() *http.Client {
	return &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSHandshakeTimeout: callTimeout, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
			ForceAttemptHTTP2: true, ResponseHeaderTimeout: callTimeout,
		},
	}
}
