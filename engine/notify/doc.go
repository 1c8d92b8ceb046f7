// Package notify tells people outside the window of the app what happened: by e-mail, by webhook, and in the groups of
// 企业微信 (wecom), 钉钉 (dingtalk) and 飞书 (feishu). It is the only package that calls out of the installation.
//
// It follows the event log. What an event means for whom is flow.Notices; here a notice becomes one delivery per channel
// that wants it (a person's mail, one message for a group, one call of a webhook). A delivery is a document with an id
// made from what happened, so an event that is seen twice is told once. It is sent by a job, which tries again with
// growing delays; every attempt is written into the delivery, which is the log people read.
//
//	event ─▶ notices ─▶ deliveries ─┬─▶ waiting ─▶ sent
//	                                │      └──────▶ failed   given up; an administrator may send it again
//	                                └─▶ held ─▶ sent         with others, in one mail (digest, quiet hours)
//
// A message holds what its reader may read, and its link opens the task. A group has no one reader: it is shown the
// subject only.
package notify
