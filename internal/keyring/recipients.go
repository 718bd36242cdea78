package keyring

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// EncryptTo returns a writer that encrypts what is written to it into w, as an age
// file that each of the recipients can open: public keys age1…, of X25519 or, of age
// 1.3 and later, of the hybrid kind age1pq1…. The two kinds don't go together. The
// file is whole only once the writer was closed without an error, which does not
// close w. Memory does not grow with what is written.
func EncryptTo(w io.Writer, recipients ...string) (io.WriteCloser, error) {
	to, err := parseRecipients(recipients)
	if err != nil {
		return nil, err
	}
	out, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return out, nil
}

// CheckRecipients reports why [EncryptTo] would not take the recipients.
func CheckRecipients(recipients ...string) error {
	_, err := parseRecipients(recipients)
	return err
}

func parseRecipients(recipients []string) ([]age.Recipient, error) {
	if len(recipients) == 0 || len(recipients) > maxRecipients {
		return nil, fmt.Errorf("%d recipients: want 1 to %d", len(recipients), maxRecipients)
	}
	var to []age.Recipient
	seen := map[string]bool{}
	for _, r := range recipients {
		one, err := parseRecipient(r)
		if err != nil {
			return nil, fmt.Errorf("%.100q is no recipient: want the public key age1… that age-keygen -y prints", r)
		}
		if seen[r] {
			return nil, fmt.Errorf("%s is named twice", r)
		}
		seen[r] = true
		to = append(to, one)
	}
	return to, nil
}

func parseRecipient(r string) (age.Recipient, error) {
	switch {
	case strings.HasPrefix(r, "age1pq1"):
		return age.ParseHybridRecipient(r)
	case strings.HasPrefix(r, "age1"):
		return age.ParseX25519Recipient(r)
	}
	return nil, errors.New("no age recipient")
}
