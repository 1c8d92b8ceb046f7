package expr

import "strings"

func chineseFunctions() []*function {
	group := func(name, signature string, args int, compile func(*compiler, call) operand) *function {
		return &function{Function{name, "chinese", signature}, args, args, compile}
	}
	check := func(ok func(string) bool) func(*compiler, call) operand {
		return of1(aText, KindBool, func(_ *frame, s string, _ int) any { return ok(s) })
	}
	return []*function{
		group("rmb_upper", "rmb_upper(m)", 1, of1(aNumber, KindText, func(f *frame, m Decimal, at int) any {
			text, ok := RMBUpper(m)
			if !ok {
				return f.fail(EvalRange, at, "rmb_upper")
			}
			return text
		})),
		group("id_card_ok", "id_card_ok(s)", 1, check(IDCardOK)),
		group("birth_of", "birth_of(id)", 1, mayFail(of1(aText, KindDate, func(_ *frame, id string, _ int) any {
			if !IDCardOK(id) {
				return nil
			}
			birth, _ := birthOf(id)
			return birth
		}))),
		group("gender_of", "gender_of(id)", 1, mayFail(of1(aText, KindText, func(_ *frame, id string, _ int) any {
			switch {
			case !IDCardOK(id):
				return nil
			case (id[16]-'0')%2 == 1:
				return "male"
			}
			return "female"
		}))),
		group("age_at", "age_at(birth, d)", 2, mayFail(of2(aDay, aDay, KindNumber, func(_ *frame, birth, d Date, _ int) any {
			if age, ok := ageAt(birth, d); ok {
				return DecimalFromInt(int64(age))
			}
			return nil
		}))),
		group("credit_code_ok", "credit_code_ok(s)", 1, check(CreditCodeOK)),
		group("luhn_ok", "luhn_ok(s)", 1, check(LuhnOK)),
	}
}

// IDCardOK checks an 18-digit Chinese identity number (GB 11643): digits, a day of birth that exists, and the
// check digit. The X must be a capital.
func IDCardOK(id string) bool {
	if len(id) != 18 || id[0] == '0' {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, weight := range weights {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
		sum += int(id[i]-'0') * weight
	}
	_, born := birthOf(id)
	return born && id[17] == "10X98765432"[sum%11]
}

func birthOf(id string) (Date, bool) {
	year, _ := digits(id, 6, 4)
	month, _ := digits(id, 10, 2)
	day, _ := digits(id, 12, 2)
	if year < 1800 {
		return Date{}, false
	}
	return NewDate(year, month, day)
}

// ageAt is the age in full years; false before birth. Who is born on 29 February has his birthday on 1 March
// in other years.
func ageAt(birth, d Date) (int, bool) {
	if d.day < birth.day {
		return 0, false
	}
	year, month, day := DateParts(birth)
	atYear, atMonth, atDay := DateParts(d)
	age := atYear - year
	if atMonth < month || atMonth == month && atDay < day {
		age--
	}
	return age, true
}

// CreditCodeOK checks a unified social credit code (GB 32100): 18 of 31 characters, the region in digits, and
// the check character.
func CreditCodeOK(code string) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(code) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(alphabet, code[i])
		if value < 0 || i >= 2 && i < 8 && value > 9 {
			return false
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return code[17] == alphabet[(31-sum%31)%31]
}

// LuhnOK checks the last digit of a card number (ISO 7812); anything but digits fails.
func LuhnOK(number string) bool {
	sum := 0
	for i := range len(number) {
		c := number[len(number)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		value := int(c - '0')
		if i%2 == 1 {
			if value *= 2; value > 9 {
				value -= 9
			}
		}
		sum += value
	}
	return len(number) > 1 && len(number) <= 32 && sum%10 == 0
}

// RMBUpper writes an amount in the characters of cheques and contracts (大写金额), rounded half up to fen:
// 1007.14 is 壹仟零柒元壹角肆分. False from 10^16 on.
func RMBUpper(amount Decimal) (string, bool) {
	fen, ok := ScaledDecimal(RoundDecimal(amount, 2), 2)
	if !ok || fen >= 1e18 || fen <= -1e18 {
		return "", false
	}
	var b strings.Builder
	if fen < 0 {
		b.WriteString("负")
		fen = -fen
	}
	yuan, jiao, rest := fen/100, fen/10%10, fen%10
	if yuan > 0 || fen == 0 {
		writeChinese(&b, yuan)
		b.WriteString("元")
	}
	switch {
	case jiao == 0 && rest == 0:
		b.WriteString("整")
	case rest == 0:
		b.WriteString(chineseDigits[jiao] + "角整")
	case jiao == 0:
		if yuan > 0 {
			b.WriteString("零")
		}
		b.WriteString(chineseDigits[rest] + "分")
	default:
		b.WriteString(chineseDigits[jiao] + "角" + chineseDigits[rest] + "分")
	}
	return b.String(), true
}

var chineseDigits = [10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}

// writeChinese writes a whole number. Under each unit stands a number of its own; a 零 shows that the unit's
// next lower place is empty.
func writeChinese(b *strings.Builder, n int64) {
	units := []struct {
		name string
		size int64
	}{{"亿", 1e8}, {"万", 1e4}, {"仟", 1000}, {"佰", 100}, {"拾", 10}}
	for _, unit := range units {
		if n < unit.size {
			continue
		}
		writeChinese(b, n/unit.size)
		b.WriteString(unit.name)
		n %= unit.size
		if n == 0 {
			return
		}
		if n < unit.size/10 {
			b.WriteString("零")
		}
	}
	b.WriteString(chineseDigits[n])
}
