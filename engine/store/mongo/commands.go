package mongo

import (
	"context"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"
)

// used lists every command, stage, operator and variable this package sends. A server that has these will do.
var used = struct{ commands, operators []string }{
	commands: []string{
		"ping", "endSessions", // sent by the driver or when opening
		"find", "getMore", "killCursors", "aggregate", "count",
		"insert", "update", "delete", "findAndModify",
		"createIndexes", "listIndexes", "dropIndexes", "dropDatabase",
	},
	operators: []string{
		// conditions
		"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$all", "$exists", "$regex", "$elemMatch", "$and", "$or", "$nor",
		// updates
		"$set", "$unset", "$push", "$each", "$pull", "$currentDate",
		// stages
		"$match", "$addFields", "$unwind", "$group", "$limit",
		// accumulators and expressions
		"$sum", "$min", "$max", "$cond", "$ifNull", "$toDecimal", "$substrBytes", "$dateToString",
	},
}

// envelope are the members of every command that belong to the protocol.
var envelope = map[string]bool{"$db": true, "$readPreference": true, "$clusterTime": true}

// watch makes a command monitor that reports whatever is not in the table, once each.
func watch(report func(what string)) *event.CommandMonitor {
	known := map[string]bool{}
	for _, list := range [][]string{used.commands, used.operators} {
		for _, name := range list {
			known[name] = true
		}
	}
	var reported sync.Map
	check := func(name string) {
		if _, repeated := reported.LoadOrStore(name, true); !known[name] && !repeated {
			report(name)
		}
	}
	return &event.CommandMonitor{Started: func(_ context.Context, started *event.CommandStartedEvent) {
		check(started.CommandName)
		elements, err := started.Command.Elements()
		if err != nil {
			report("unreadable command: " + err.Error())
			return
		}
		for _, element := range elements {
			if !envelope[element.Key()] {
				operators(element.Value(), check)
			}
		}
	}}
}

// operators calls check with every operator within a value of a command, and with every system variable.
func operators(value bson.RawValue, check func(string)) {
	switch value.Type {
	case bson.TypeString:
		if text := value.StringValue(); strings.HasPrefix(text, "$$") {
			check(text)
		}
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		elements, err := bson.Raw(value.Value).Elements()
		if err != nil {
			check("unreadable value: " + err.Error())
			return
		}
		for _, element := range elements {
			if strings.HasPrefix(element.Key(), "$") {
				check(element.Key())
			}
			operators(element.Value(), check)
		}
	default:
	}
}
