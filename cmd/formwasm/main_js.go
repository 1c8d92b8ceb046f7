package main

import "syscall/js"

// main puts formwork on globalThis and waits for calls as long as the page lives.
func main() {
	b := newBridge()
	api := js.Global().Get("Object").New()
	for name, call := range map[string]func(a arguments) (any, error){
		"open":        func(a arguments) (any, error) { return b.open(a.text(0), a.text(1)) },
		"set":         func(a arguments) (any, error) { return b.set(a.handle(), a.text(1), a.text(2)) },
		"rows":        func(a arguments) (any, error) { return b.rows(a.handle(), a.text(1), a.text(2), a.text(3)) },
		"answer":      func(a arguments) (any, error) { return b.answer(a.handle(), a.text(1)) },
		"acknowledge": func(a arguments) (any, error) { return b.acknowledge(a.handle(), a.text(1)) },
		"result":      func(a arguments) (any, error) { return b.result(a.handle()) },
		"patch":       func(a arguments) (any, error) { return b.patch(a.handle()) },
		"choices":     func(a arguments) (any, error) { return b.choices(a.handle(), a.text(1)) },
		"close":       func(a arguments) (any, error) { b.close(a.handle()); return struct{}{}, nil },
		"evalCase":    func(a arguments) (any, error) { return evalCase(a.text(0)), nil },
		"evalCases":   func(a arguments) (any, error) { return evalCases(a.text(0)) },
		"functions":   func(arguments) (any, error) { return functions(), nil },
	} {
		api.Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any {
			return answer(func() (any, error) { return call(args) })
		}))
	}
	js.Global().Set("formwork", api)
	select {}
}

// arguments are what JavaScript passed; what is absent or of another type reads as nothing.
type arguments []js.Value

func (a arguments) text(i int) string {
	if i >= len(a) || a[i].Type() != js.TypeString {
		return ""
	}
	return a[i].String()
}

// handle is the first argument of all that work on an open form.
func (a arguments) handle() int {
	if len(a) == 0 || a[0].Type() != js.TypeNumber {
		return 0
	}
	return a[0].Int()
}
