package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/job"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Codes of deliveries that are left out when many are sent again, beside channel_gone, secrets_sealed and nobody.
const (
	CodeFlowRetries = "flow_retries" // a flow's own call: only its run knows the content and tries it again
	codeUnderWay    = "under_way"    // somebody else had it sent meanwhile
)

// ErrFlowRetries refuses to send a call of a flow again: that is done at the run it belongs to.
var ErrFlowRetries = errors.New("the run of the flow tries it again")

// maxResent is how many deliveries one command looks at.
const maxResent = 2000

// Resending is what sending again did, or would do.
type Resending struct {
	Sent    int       `json:"sent" description:"how many are sent again"`
	LeftOut []LeftOut `json:"leftOut" description:"how many are not, by reason, the most first"`
	More    bool      `json:"more" description:"there are more than one command takes: repeat it"`
}

// LeftOut is how many deliveries are not sent again for one reason.
type LeftOut struct {
	Code  string `json:"code" enum:"channel_gone,secrets_sealed,nobody,flow_retries,under_way"`
	Count int    `json:"count"`
}

func (r *Resending) leaveOut(code string) {
	at := slices.IndexFunc(r.LeftOut, func(l LeftOut) bool { return l.Code == code })
	if at < 0 {
		at, r.LeftOut = len(r.LeftOut), append(r.LeftOut, LeftOut{Code: code})
	}
	r.LeftOut[at].Count++
}

// PreviewResend tells what Resend would do; nothing is changed.
func (s *Service) PreviewResend(ctx context.Context, tenant string, in LogQuery) (Resending, error) {
	answer, docs, err := s.resendable(ctx, tenant, in)
	answer.Sent = len(docs)
	return answer, err
}

// Resend sends everything again that was given up (or skipped, if in.Status says so) and matches, the latest first. What
// would fail for the same reason once more is left out. Done twice it sends once: what waits is not given up.
func (s *Service) Resend(ctx context.Context, tenant string, in LogQuery) (Resending, error) {
	answer, docs, err := s.resendable(ctx, tenant, in)
	if err != nil {
		return answer, err
	}
	for some := range slices.Chunk(docs, atOnce) {
		if err := s.sendAllAgain(ctx, tenant, some, &answer); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

func (s *Service) sendAllAgain(ctx context.Context, tenant string, docs []store.Doc, answer *Resending) error {
	writes := make([]store.Write, len(docs))
	for i := range docs {
		rev := docs[i].Rev
		again(&docs[i])
		docs[i].Rev, docs[i].UpdatedAt = rev+1, s.config.Clock()
		writes[i] = store.Write{Collection: deliveryCollection, Doc: docs[i], IfRev: rev}
	}
	var jobs []job.Job
	for i, err := range s.config.Records.Project(ctx, tenant, writes...) {
		switch {
		case err == nil:
			jobs = append(jobs, sendJob(docs[i].ID))
		case errors.Is(err, store.ErrConflict):
			answer.leaveOut(codeUnderWay)
		default:
			return fmt.Errorf("send again: %w", err)
		}
	}
	answer.Sent += len(jobs)
	return s.config.Jobs.EnqueueAll(ctx, tenant, jobs...)
}

// again makes a delivery wait as if it were new.
func again(doc *store.Doc) {
	doc.Values["status"], doc.Values["attempts"] = string(Waiting), int64(0)
	delete(doc.Values, "error")
}

func sendJob(id string) job.Job {
	return job.Job{Type: jobSend, Key: jobSend + "|" + id, Payload: payload{Delivery: id}.raw()}
}

// resendable finds the deliveries that a resend is of, and counts what it leaves out.
func (s *Service) resendable(ctx context.Context, tenant string, in LogQuery) (Resending, []store.Doc, error) {
	answer := Resending{LeftOut: []LeftOut{}}
	if in.Status != Skipped {
		in.Status = Failed
	}
	look := &obstacles{service: s, tenant: tenant, people: map[string]string{}}
	if err := look.readChannels(ctx); err != nil {
		return answer, nil, err
	}
	var found []store.Doc
	looked := 0
	for after := ""; ; {
		page, err := s.find(ctx, tenant, in.where(), after, min(sweepBatch, maxResent-looked))
		if err != nil {
			return answer, nil, err
		}
		for _, doc := range page.Docs {
			code, err := look.inTheWay(ctx, doc)
			switch {
			case err != nil:
				return answer, nil, err
			case code != "":
				answer.leaveOut(code)
			default:
				found = append(found, doc)
			}
		}
		looked += len(page.Docs)
		if after = page.Next; after == "" || looked >= maxResent {
			answer.More = after != ""
			break
		}
	}
	slices.SortStableFunc(answer.LeftOut, func(a, b LeftOut) int { return cmp.Compare(b.Count, a.Count) })
	return answer, found, nil
}

// obstacles knows what stands in the way of deliveries: it asks for each channel and person once.
type obstacles struct {
	service  *Service
	tenant   string
	channels map[string]string // codes by id of a channel; "" = open
	people   map[string]string // codes by id of a person
}

func (o *obstacles) readChannels(ctx context.Context) error {
	docs, err := o.service.channelDocs(ctx, o.tenant)
	if err != nil {
		return err
	}
	o.channels = map[string]string{}
	for _, doc := range docs {
		c, err := channelOf(doc)
		if err != nil {
			return err
		}
		if !c.Enabled {
			continue
		}
		o.channels[c.ID] = ""
		if _, err := o.service.unseal(doc); errors.Is(err, ErrSealed) {
			o.channels[c.ID] = CodeSealed
		} else if err != nil {
			return err
		}
	}
	return nil
}

// inTheWay tells why a delivery would not go out again; "" if nothing is known that keeps it.
func (o *obstacles) inTheWay(ctx context.Context, doc store.Doc) (string, error) {
	d := deliveryOf(doc)
	if d.ofFlow() {
		return CodeFlowRetries, nil
	}
	if code, open := o.channels[d.Channel]; !open || code != "" {
		return cmp.Or(code, CodeChannelGone), nil
	}
	if d.User == "" {
		return "", nil
	}
	code, known := o.people[d.User]
	if !known {
		p, err := o.service.person(ctx, o.tenant, d.User)
		if err != nil {
			return "", err
		}
		if p == nil || p.address == "" {
			code = CodeNobody
		}
		o.people[d.User] = code
	}
	return code, nil
}

// ofFlow tells whether a delivery is a call a flow makes itself: people are told by name, groups are told of notices only.
func (d *Delivery) ofFlow() bool { return d.Kind == string(KindMessage) && d.User == "" }

// where is the condition of the log's entries.
func (in *LogQuery) where() *query.Filter {
	where := []*query.Filter{{Not: is("channel", app)}}
	if in.Channel != "" {
		where = []*query.Filter{is("channel", in.Channel)}
	}
	if in.Status != "" {
		where = append(where, is("status", string(in.Status)))
	}
	if in.User != "" {
		where = append(where, is("user", in.User))
	}
	if !in.From.IsZero() {
		where = append(where, madeAt(query.Ge, in.From))
	}
	if !in.To.IsZero() {
		where = append(where, madeAt(query.Lt, in.To))
	}
	return query.AllOf(where...)
}
