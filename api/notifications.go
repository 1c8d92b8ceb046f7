package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/notify"
)

type (
	inboxParams struct {
		After string `query:"after"`
	}
	deliveriesParams struct {
		Channel string `query:"channel"`
		Status  string `query:"status" enum:"waiting,held,sent,failed,skipped"`
		User    string `query:"user" description:"id of who is told"`
		From    string `query:"from" description:"made then or later, RFC 3339"`
		To      string `query:"to" description:"made before, RFC 3339"`
		After   string `query:"after"`
		Limit   int    `query:"limit"`
	}
	resendParams struct {
		Channel string `query:"channel"`
		Status  string `query:"status" enum:"failed,skipped" description:"failed, if nothing is said"`
		User    string `query:"user"`
		From    string `query:"from"`
		To      string `query:"to"`
	}
	resendBody struct {
		Channel string     `json:"channel,omitempty"`
		Status  string     `json:"status,omitempty" enum:"failed,skipped" description:"failed, if nothing is said"`
		User    string     `json:"user,omitempty" description:"id of who is told"`
		From    *time.Time `json:"from,omitempty" description:"made then or later"`
		To      *time.Time `json:"to,omitempty" description:"made before"`
	}
	channelsAnswer struct {
		Channels     []notify.Channel `json:"channels"`
		Placeholders []string         `json:"placeholders" description:"what own wordings may hold in braces"`
	}
)

func (s *server) notifyRoutes() []route {
	return []route{
		{get, "/notifications", signedIn, "What the reader was told in the app", inboxParams{}, nil, notify.Inbox{}, 0, s.getInbox},
		{post, "/notifications/read", signedIn, "Mark all of it as read", nil, nil, nil, 0, s.readInbox},
		{get, "/account/notifications", signedIn, "How the reader is told by mail", nil, nil, notify.Setting{}, 0, s.getNotifySetting},
		{put, "/account/notifications", signedIn, "Change it: which kinds, digest, quiet hours", nil, notify.Setting{}, notify.Setting{}, 0, s.putNotifySetting},
		{get, "/channels", admin, "Channels through which messages leave the company", nil, nil, channelsAnswer{}, 0, s.listChannels},
		{post, "/channels", admin, "Add a channel", nil, notify.ChannelInput{}, notify.Channel{}, http.StatusCreated, s.addChannel},
		{put, "/channels/:id", admin, "Change a channel at the revision it names; secrets left out stay", idParams{}, notify.ChannelInput{}, notify.Channel{}, 0, s.putChannel},
		{remove, "/channels/:id", admin, "Take a channel away", idParams{}, nil, nil, 0, s.removeChannel},
		{post, "/channels/:id/test", admin, "Send a test message and wait for what comes of it", idParams{}, nil, nil, 0, s.testChannel},
		{get, "/deliveries", admin, "What was sent, the latest first", deliveriesParams{}, nil, notify.Log{}, 0, s.listDeliveries},
		{get, "/deliveries/resend", admin, "What sending again everything that was given up would do; nothing is changed", resendParams{}, nil, notify.Resending{}, 0, s.previewResend},
		{post, "/deliveries/resend", admin, "Send again everything that was given up and matches; what would fail for the same reason is left out", nil, resendBody{}, notify.Resending{}, 0, s.resend},
		{post, "/deliveries/:id/send", admin, "Send once more what was given up", idParams{}, nil, notify.Delivery{}, 0, s.sendAgain},
	}
}

func (s *server) getInbox(r *request) error {
	var p inboxParams
	if err := r.bind(&p); err != nil {
		return err
	}
	inbox, err := s.Engine.Notify.Inbox(r.ctx, r.actor, p.After)
	if err != nil {
		return err
	}
	return r.JSON(inbox)
}

func (s *server) readInbox(r *request) error {
	if err := s.Engine.Notify.ReadAll(r.ctx, r.actor); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) getNotifySetting(r *request) error {
	setting, err := s.Engine.Notify.SettingOf(r.ctx, r.actor)
	if err != nil {
		return err
	}
	return r.JSON(setting)
}

func (s *server) putNotifySetting(r *request) error {
	var body notify.Setting
	if err := r.decode(&body); err != nil {
		return err
	}
	setting, err := s.Engine.Notify.SaveSetting(r.ctx, r.actor, body)
	if err != nil {
		return err
	}
	return r.JSON(setting)
}

func (s *server) listChannels(r *request) error {
	channels, err := s.Engine.Notify.Channels(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	return r.JSON(channelsAnswer{Channels: channels, Placeholders: notify.Placeholders()})
}

func (s *server) addChannel(r *request) error {
	var body notify.ChannelInput
	if err := r.decode(&body); err != nil {
		return err
	}
	body.ID = ""
	channel, err := s.Engine.Notify.SaveChannel(r.ctx, r.actor, body)
	if err != nil {
		return err
	}
	return r.Status(fiber.StatusCreated).JSON(channel)
}

func (s *server) putChannel(r *request) error {
	var body notify.ChannelInput
	if err := r.decode(&body); err != nil {
		return err
	}
	body.ID = r.Params("id")
	channel, err := s.Engine.Notify.SaveChannel(r.ctx, r.actor, body)
	if err != nil {
		return err
	}
	return r.JSON(channel)
}

func (s *server) removeChannel(r *request) error {
	if err := s.Engine.Notify.RemoveChannel(r.ctx, r.actor, r.Params("id")); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) testChannel(r *request) error {
	if err := s.Engine.Notify.Test(r.ctx, r.actor, r.Params("id")); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) listDeliveries(r *request) error {
	var p deliveriesParams
	if err := r.bind(&p); err != nil {
		return err
	}
	q := notify.LogQuery{Channel: p.Channel, Status: notify.Status(p.Status), User: p.User, After: p.After, Limit: p.Limit}
	if err := between(&q, p.From, p.To); err != nil {
		return err
	}
	log, err := s.Engine.Notify.Deliveries(r.ctx, r.actor.Tenant, q)
	if err != nil {
		return err
	}
	return r.JSON(log)
}

// between reads the times of a query of the log.
func between(q *notify.LogQuery, from, to string) error {
	for _, end := range []struct {
		name, text string
		into       *time.Time
	}{{"from", from, &q.From}, {"to", to, &q.To}} {
		if end.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, end.text)
		if err != nil {
			return &paramError{Name: end.name}
		}
		*end.into = at
	}
	return nil
}

func (s *server) previewResend(r *request) error {
	var p resendParams
	if err := r.bind(&p); err != nil {
		return err
	}
	q := notify.LogQuery{Channel: p.Channel, Status: notify.Status(p.Status), User: p.User}
	if err := between(&q, p.From, p.To); err != nil {
		return err
	}
	preview, err := s.Engine.Notify.PreviewResend(r.ctx, r.actor.Tenant, q)
	if err != nil {
		return err
	}
	return r.JSON(preview)
}

func (s *server) resend(r *request) error {
	var body resendBody
	if err := r.decode(&body); err != nil {
		return err
	}
	q := notify.LogQuery{Channel: body.Channel, Status: notify.Status(body.Status), User: body.User}
	if body.From != nil {
		q.From = *body.From
	}
	if body.To != nil {
		q.To = *body.To
	}
	done, err := s.Engine.Notify.Resend(r.ctx, r.actor.Tenant, q)
	if err != nil {
		return err
	}
	return r.JSON(done)
}

func (s *server) sendAgain(r *request) error {
	delivery, err := s.Engine.Notify.Again(r.ctx, r.actor.Tenant, r.Params("id"))
	if err != nil {
		return err
	}
	return r.JSON(delivery)
}

// describeNotify explains why a message did not go through, or is not sent again here.
func describeNotify(err error) (failure, bool) {
	var test *notify.TestError
	switch {
	case errors.As(err, &test):
		code := "channel_" + test.Code
		return failure{Status: fiber.StatusBadGateway, Code: code, Params: map[string]any{"said": test.Said}}, true
	case errors.Is(err, notify.ErrFlowRetries):
		return failure{Status: fiber.StatusConflict, Code: notify.CodeFlowRetries}, true
	case errors.Is(err, notify.ErrSealed):
		return failure{Status: fiber.StatusConflict, Code: "channel_" + notify.CodeSealed}, true
	}
	return failure{}, false
}
