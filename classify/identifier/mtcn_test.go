package identifier

import "testing"

func TestControlNumbers(t *testing.T) {
	finds(t, Options{}, map[string]string{
		"MTCN 1234567890":                           "mtcn mtcn:1234567890",
		"Western Union, MTCN: 123-456-7890":         "mtcn mtcn:1234567890",
		"Вестерн Юнион 123 456 7890":                "mtcn mtcn:1234567890",
		"pay by Western Union, phone 1234567890":    "",
		"mtcn 123456789":                            "",
		"mtcn 12345678901":                          "",
		"mtcn 12-34567-890":                         "",
		"western union 1234567890,50":               "",
		"western union office +1 212 555 0123":      "phone tel:+12125550123",
		"tel 2125550123, mtcn 1234567890":           "mtcn mtcn:1234567890",
		"mtcn 1234567890 4111 1111 1111 1111 card":  "card <4111 1111 1111 1111>",
		"the newton wurst 1234567890":               "",
		"MoneyGram 12345678 and not Western 123456": "",
	})
}
