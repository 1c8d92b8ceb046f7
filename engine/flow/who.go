package flow

import (
	"slices"
	"strconv"
	"strings"

	"formwork/engine/def"
)

// maxApprovers is how many people one node may ask.
const maxApprovers = 200

// maxLevels ends a chain of leaders; no company has more.
const maxLevels = 50

// resolve finds the people an entry list names: active ones, each once, in the order of the list.
func (r *run) resolve(n *node, who []string) []Person {
	var found []Person
	seen := map[string]bool{}
	for _, entry := range who {
		named := r.resolveOne(n, entry)
		r.asked(n, entry, named)
		for _, p := range named {
			if !seen[p.ID] && len(found) < maxApprovers {
				seen[p.ID] = true
				found = append(found, p)
			}
		}
	}
	return found
}

// cutWho splits "role:finance" into its kind and argument.
func cutWho(entry string) (kind, arg string, ok bool) { return strings.Cut(entry, ":") }

func (r *run) resolveOne(n *node, entry string) []Person {
	kind, arg, _ := cutWho(entry)
	switch kind {
	case "user":
		return r.active(arg)
	case "role":
		return r.world.Org.Holders(arg)
	case "initiator":
		return r.active(r.st.Initiator.ID)
	case "leader":
		level, err := strconv.Atoi(arg)
		chain := r.chain()
		if err != nil || level < 1 || level > len(chain) {
			return nil
		}
		return r.active(chain[level-1])
	case "chain":
		return r.chainTo(arg)
	case "head":
		return r.active(r.world.Org.Head(r.department(arg)))
	case "field":
		return r.field(arg)
	case "same":
		return r.same(arg)
	case "pick":
		return r.picked(n, arg)
	case "admin":
		return r.admins()
	default:
		return nil
	}
}

// active gives those of the ids that are active people.
func (r *run) active(ids ...string) []Person {
	var people []Person
	for _, id := range ids {
		if p, ok := r.world.Org.Person(id); ok && id != "" {
			people = append(people, p)
		}
	}
	return people
}

// people gives those a command names, each once; it refuses people who are not in this company, and those who are disabled.
func (r *run) people(ids ...string) ([]Person, error) {
	var people []Person
	var absent absentees
	for _, id := range ids {
		p, active := r.world.Org.Person(id)
		absent.note(p, active)
		people = append(people, p)
	}
	return unique(people), absent.refusal()
}

// absentees are people somebody names who cannot be asked or told: ids of those who are not in this company, names of those
// who are disabled.
type absentees struct{ unknown, disabled []string }

func (a *absentees) note(p Person, active bool) {
	switch {
	case active:
	case p.Name == "": // everybody in the company has a name
		a.unknown = append(a.unknown, p.ID)
	default:
		a.disabled = append(a.disabled, p.Name)
	}
}

// refusal is nil if there are none.
func (a *absentees) refusal() error {
	switch {
	case slices.Contains(a.unknown, ""):
		return refuse(CodeBadTarget) // nobody is named
	case len(a.unknown) > 0:
		return refuseWith(CodeUserUnknown, "users", a.unknown)
	case len(a.disabled) > 0:
		return refuseWith(CodeUserDisabled, "users", a.disabled)
	}
	return nil
}

// department is the department of "head:<department>"; "head:initiator" means the initiator's own.
func (r *run) department(arg string) string {
	if arg != "initiator" {
		return arg
	}
	return r.st.Initiator.Department
}

// chain gives the leaders of the initiator from the bottom up, each once; a circle ends it.
func (r *run) chain() []string {
	var ids []string
	at := r.st.Initiator.ID
	for range maxLevels {
		at = r.world.Org.Leader(at)
		if at == "" || at == r.st.Initiator.ID || slices.Contains(ids, at) {
			break
		}
		ids = append(ids, at)
	}
	return ids
}

// chainTo gives the leaders up to a level, to the top, or to the first who is a certain person or holds a role.
func (r *run) chainTo(end string) []Person {
	if level, err := strconv.Atoi(end); err == nil {
		chain := r.chain()
		return r.active(chain[:max(0, min(level, len(chain)))]...)
	}
	kind, arg, _ := cutWho(end)
	return r.chainUntil(func(id string) bool {
		return kind == "user" && id == arg || kind == "role" && r.world.Org.HasRole(id, arg)
	})
}

// chainUntil gives the leaders up to the first who ends the chain, else all.
func (r *run) chainUntil(ends func(id string) bool) []Person {
	chain := r.chain()
	if i := slices.IndexFunc(chain, ends); i >= 0 {
		chain = chain[:i+1]
	}
	return r.active(chain...)
}

// field follows a path of the record to people; a department stands for its head.
func (r *run) field(path string) []Person {
	values, ok := r.current()
	if !ok {
		return nil
	}
	var people []Person
	for _, ref := range r.world.Org.Field(strings.Split(path, "."), values) {
		id := ref.ID
		if ref.Department {
			id = r.world.Org.Head(id)
		}
		people = append(people, r.active(id)...)
	}
	return people
}

// same gives those who approved on an earlier node in its last round, or, if nobody did, those who were asked.
func (r *run) same(name string) []Person {
	var asked, approved []Person
	for _, t := range r.st.tasksOf(name, r.st.Rounds[name]) {
		holder := t.User
		if t.By != nil {
			holder = *t.By
		}
		switch t.Status {
		case TaskApproved:
			approved = append(approved, r.active(holder.ID)...)
		case TaskOpen, TaskWaiting, TaskCancelled:
			asked = append(asked, r.active(t.User.ID)...)
		default:
		}
	}
	if len(approved) > 0 {
		return approved
	}
	return asked
}

// picked gives whom the initiator chose for a node, as far as the node's list admits them.
func (r *run) picked(n *node, from string) []Person {
	ids := r.st.Picks[n.Name]
	if len(ids) == 0 {
		ids = r.st.Picks[""]
	}
	people := r.active(ids...)
	if from == "all" || from == "" {
		return people
	}
	from = strings.TrimPrefix(from, "role:")
	return slices.DeleteFunc(people, func(p Person) bool { return !r.world.Org.HasRole(p.ID, from) })
}

// admins gives the active admins of the flow.
func (r *run) admins() []Person {
	var people []Person
	for _, who := range r.plan.admins {
		kind, name, _ := cutWho(who)
		switch kind {
		case "user":
			people = append(people, r.active(name)...)
		case "role":
			people = append(people, r.world.Org.Holders(name)...)
		}
	}
	return unique(people)
}

func unique(people []Person) []Person {
	var once []Person
	for _, p := range people {
		if !slices.ContainsFunc(once, func(q Person) bool { return q.ID == p.ID }) {
			once = append(once, p)
		}
	}
	return once
}

// copyTo adds readers at a node, "" for none; whoever is in copy already is not told twice.
func (r *run) copyTo(people []Person, node string) {
	for _, p := range people {
		if !r.st.copied(p.ID) {
			r.fact.Copied = append(r.fact.Copied, p)
		}
		if !slices.ContainsFunc(r.st.CC, func(c Copy) bool { return c.ID == p.ID && c.Node == node }) {
			r.st.CC = append(r.st.CC, Copy{p, node})
		}
	}
}

// copied tells whether somebody is in copy.
func (s *State) copied(user string) bool {
	return slices.ContainsFunc(s.CC, func(c Copy) bool { return c.ID == user })
}

// writable tells whether a node lets its people write a path; the right to a sub-table is one to its columns.
func (n *node) writable(path string) bool { return n.right(path) == "w" }

// right is what a node says about a path: w, r or -.
func (n *node) right(path string) string {
	if right, ok := n.Fields[path]; ok {
		return right
	}
	if table, _, column := strings.Cut(path, "."); column {
		if right, ok := n.Fields[table]; ok {
			return right
		}
	}
	return "r"
}

// hasWritable tells whether a node lets its people write anything.
func (n *node) hasWritable() bool {
	for _, right := range n.Fields {
		if right == "w" {
			return true
		}
	}
	return false
}

// removesDuplicates tells whether a node may take an approval given elsewhere.
func (n *node) removesDuplicates() bool {
	return n.Type == def.NodeApprove && n.dedupe != "none" && !n.Sign && n.Confirm != "password" && !n.hasWritable()
}
