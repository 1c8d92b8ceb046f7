package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"formwork/engine/store"
)

// Headers of a webhook's call, as Standard Webhooks (standardwebhooks.com) has them: whoever receives it checks the
// signature, refuses old times, and knows by the id what he has had already.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// Sign gives the signature of a webhook's call: HMAC-SHA256 over id, time (seconds) and body, with the channel's secret.
func Sign(secret, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// call sends a webhook what it is to know.
func (s *Service) call(ctx context.Context, secrets Secrets, id string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	now := s.config.Clock()
	headers := map[string]string{
		HeaderID: id, HeaderTimestamp: strconv.FormatInt(now.Unix(), 10), HeaderSignature: Sign(secrets.Secret, id, now, raw),
		"Idempotency-Key": id,
	}
	_, err = s.post(ctx, secrets.URL, raw, headers)
	return err
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// post sends JSON and gives the answer's body. A refusal for good is permanent.
func (s *Service) post(ctx context.Context, address string, raw []byte, headers map[string]string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return nil, &permanent{"address", nil} // the error would quote the address, which holds a token
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Formwork")
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	answer, err := s.client.Do(req)
	if err != nil {
		return nil, withoutAddress(err)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return body, nil
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500:
		return nil, fmt.Errorf("answered %d", code)
	default:
		return nil, &permanent{fmt.Sprintf("http_%d", code), nil}
	}
}

// withoutAddress is the failure of a call without the address, which the http client quotes and which may hold a token.
func withoutAddress(err error) error {
	if errors.Is(err, ErrAddress) {
		return &permanent{CodeAddress, nil}
	}
	var quoted *url.Error
	if errors.As(err, &quoted) {
		return quoted.Err
	}
	return err
}

// event is what a webhook is sent of a notice.
type webhookNotice struct {
	ID      string   `json:"id"`
	Type    string   `json:"type"` // "notice.task", "notice.ended" …
	At      string   `json:"at"`
	Company string   `json:"company"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	Link    string   `json:"link,omitempty"`
	Entity  string   `json:"entity,omitempty"`
	Record  string   `json:"record,omitempty"`
	Flow    string   `json:"flow,omitempty"`
	Status  string   `json:"status,omitempty"`
	Actor   string   `json:"actor,omitempty"`
	Users   []string `json:"users"`
}

func webhookBody(tenant string, doc store.Doc, what told, m message) webhookNotice {
	made, _ := doc.Values["made_at"].(string)
	return webhookNotice{
		ID: doc.ID, Type: "notice." + string(what.Kind), At: made, Company: tenant, Subject: m.Subject, Text: m.Line, Link: m.Link,
		Entity: what.Entity, Record: what.Record, Flow: what.Flow, Status: string(what.Status), Actor: what.Actor, Users: what.Users,
	}
}

// robot puts a message into a group. It is sent as plain text: what people wrote cannot become markup or name everybody.
func (s *Service) robot(ctx context.Context, c *Channel, secrets Secrets, m message, phones []string) error {
	var body any
	address := secrets.URL
	content := m.Subject + "\n" + m.plain()
	if m.Line == m.Subject {
		content = m.plain()
	}
	now := s.config.Clock()
	switch c.Kind {
	case WeCom:
		body = map[string]any{"msgtype": "text", "text": map[string]any{"content": content, "mentioned_mobile_list": phones}}
	case DingTalk:
		for _, phone := range phones {
			content += " @" + phone // without it the phone does not ring
		}
		body = map[string]any{"msgtype": "text", "text": map[string]any{"content": content}, "at": map[string]any{"atMobiles": phones}}
		address = signDingTalk(address, secrets.Secret, now)
	default:
		feishu := map[string]any{"msg_type": "text", "content": map[string]any{"text": content}}
		signFeishu(feishu, secrets.Secret, now)
		body = feishu
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, err := s.post(ctx, address, raw, nil)
	if err != nil {
		return err
	}
	return answered(answer)
}

// answered reads what a robot says of a message: it always answers 200.
func answered(raw []byte) error {
	var a struct {
		ErrCode int    `json:"errcode"` // WeCom, DingTalk
		ErrMsg  string `json:"errmsg"`
		Code    int    `json:"code"` // Feishu
		Msg     string `json:"msg"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return errors.New("answer is not JSON")
	}
	if a.ErrCode != 0 {
		return fmt.Errorf("%d %s", a.ErrCode, a.ErrMsg)
	}
	if a.Code != 0 {
		return fmt.Errorf("%d %s", a.Code, a.Msg)
	}
	return nil
}

// signDingTalk adds time and signature to the address, if the robot asks for it.
func signDingTalk(address, secret string, now time.Time) string {
	if secret == "" {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	at := strconv.FormatInt(now.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(at + "\n" + secret))
	q := u.Query()
	q.Set("timestamp", at)
	q.Set("sign", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	u.RawQuery = q.Encode()
	return u.String()
}

// signFeishu adds time and signature to the body, if the robot asks for it. Time and secret are the key, the text is
// empty: so it is documented.
func signFeishu(body map[string]any, secret string, now time.Time) {
	if secret == "" {
		return
	}
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(at+"\n"+secret))
	body["timestamp"], body["sign"] = at, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
