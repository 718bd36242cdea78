package account

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vigil"
	"vigil/internal/access"
)

// AnswerTerm is how long a person has to answer with a passkey.
const AnswerTerm = 5 * time.Minute

// maxAnswer bounds what a browser answers, in bytes.
const maxAnswer = 32 << 10

// A Site is what passkeys are bound to (W3C Web Authentication, level 3): an origin
// such as https://vigil.unit.example:8443, whose host is a name.
type Site struct{ Origin string }

// Check reports why passkeys cannot be used at a site.
func (s Site) Check() error {
	u, err := url.Parse(s.Origin)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme+"://"+u.Host != s.Origin:
		return fmt.Errorf("site %q: want https://NAME or https://NAME:PORT", s.Origin)
	case net.ParseIP(u.Hostname()) != nil:
		return fmt.Errorf("site %q: passkeys need a host name, not an address", s.Origin)
	case u.Scheme != "https" && !(u.Scheme == "http" && u.Hostname() == "localhost"):
		return fmt.Errorf("site %q: passkeys need https, or localhost", s.Origin)
	}
	return nil
}

// party returns what checks passkeys: the person must be verified by the
// authenticator, with a PIN or a finger, and not only be there.
func (s Site) party() (*webauthn.WebAuthn, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	u, _ := url.Parse(s.Origin)
	term := webauthn.TimeoutConfig{Enforce: true, Timeout: AnswerTerm, TimeoutUVD: AnswerTerm}
	return webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "vigil", RPOrigins: []string{s.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			UserVerification: protocol.VerificationRequired, ResidentKey: protocol.ResidentKeyRequirementDiscouraged,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: term, Registration: term},
	})
}

// A Challenge is what an authenticator is asked. It is good for one answer: the
// caller forgets it with the first.
type Challenge struct {
	data    webauthn.SessionData
	Options []byte // JSON for navigator.credentials
}

// id is the name of a passkey's use.
func (p passkey) id() string { return "passkey " + hex.EncodeToString(p.ID) }

// user is an account as authenticators know it.
type user struct {
	set
	counts map[string]use
}

func (u user) WebAuthnID() []byte          { return u.Handle }
func (u user) WebAuthnName() string        { return u.Account }
func (u user) WebAuthnDisplayName() string { return u.Account }

func (u user) WebAuthnCredentials() []webauthn.Credential {
	var cs []webauthn.Credential
	for _, p := range u.Passkeys {
		cs = append(cs, webauthn.Credential{
			ID: p.ID, PublicKey: p.Key, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(p.Flags)),
			Authenticator: webauthn.Authenticator{SignCount: u.counts[p.id()].Count},
		})
	}
	return cs
}

// Passkeys lists the passkeys of an account, by when they were made.
func (k *Keeper) Passkeys(ctx context.Context, name string) ([]Credential, error) {
	return k.credentials(ctx, name, func(s set) (cs []Credential) {
		for _, p := range s.Passkeys {
			cs = append(cs, Credential{Label: p.Label, Made: p.Made, Last: k.f.Uses[p.id()].Last})
		}
		return cs
	})
}

// as returns an account that may sign in as authenticators know it.
func (k *Keeper) as(ctx context.Context, name string) (user, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, s, err := k.current(ctx, name)
	return user{set: s, counts: k.f.Uses}, err
}

// Ask returns a challenge for a passkey of an account.
func (k *Keeper) Ask(ctx context.Context, site Site, name string) (*Challenge, error) {
	u, err := k.as(ctx, name)
	if err != nil {
		return nil, err
	}
	p, err := site.party()
	if err != nil {
		return nil, err
	}
	if len(u.Passkeys) == 0 {
		return nil, fmt.Errorf("passkeys of %s: %w", name, vigil.ErrNotFound)
	}
	o, data, err := p.BeginLogin(u, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	return challenge(o.Response, data)
}

func challenge(options any, data *webauthn.SessionData) (*Challenge, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("ask an authenticator: %w", err)
	}
	return &Challenge{data: *data, Options: text}, nil
}

// Answer checks what a browser answered to a challenge, and notes the use. The error
// is [ErrWrong] whatever is wrong with it. An authenticator whose count of signatures
// goes back may have been copied, and is refused (section 6.1.1).
func (k *Keeper) Answer(ctx context.Context, site Site, name string, c *Challenge, answer []byte) error {
	u, err := k.as(ctx, name)
	if err != nil {
		return err
	}
	p, err := site.party()
	if err != nil {
		return err
	}
	if c == nil || len(answer) > maxAnswer {
		return ErrWrong
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return ErrWrong
	}
	cred, err := p.ValidateLogin(u, c.data, parsed)
	if err != nil || cred.Authenticator.CloneWarning || !parsed.Response.AuthenticatorData.Flags.UserVerified() {
		return ErrWrong
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	_, s, err := k.current(ctx, name)
	if err != nil {
		return err
	}
	for _, have := range s.Passkeys {
		if string(have.ID) != string(cred.ID) {
			continue
		}
		count, known := cred.Authenticator.SignCount, k.f.Uses[have.id()].Count
		if known > 0 && count <= known {
			return ErrWrong // another answer came first
		}
		return k.used(have.id(), use{Count: count, Last: k.now().UTC()})
	}
	return ErrWrong
}

// AskNew returns a challenge to register a passkey for an account.
func (k *Keeper) AskNew(ctx context.Context, site Site, name string) (*Challenge, error) {
	u, err := k.as(ctx, name)
	if err != nil {
		return nil, err
	}
	p, err := site.party()
	if err != nil {
		return nil, err
	}
	var have []protocol.CredentialDescriptor
	for _, c := range u.WebAuthnCredentials() {
		have = append(have, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: c.ID})
	}
	o, data, err := p.BeginRegistration(u, webauthn.WithExclusions(have))
	if err != nil {
		return nil, fmt.Errorf("ask for a new passkey: %w", err)
	}
	return challenge(o.Response, data)
}

// Register adds the passkey that a browser answered with. Somebody who has one
// already must have proved a moment ago who they are; who has none has shown their
// password.
func (k *Keeper) Register(ctx context.Context, site Site, who access.Person, c *Challenge, answer []byte, label string) error {
	u, err := k.as(ctx, who.Account)
	if err != nil {
		return err
	}
	if len(u.Passkeys) > 0 {
		if err := k.fresh(who); err != nil {
			return err
		}
	}
	p, err := site.party()
	if err != nil {
		return err
	}
	if c == nil || len(answer) > maxAnswer {
		return ErrWrong
	}
	if !goodLabel(label) {
		return fmt.Errorf("name of the passkey: want 1 to %d bytes", maxLabel)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return ErrWrong
	}
	cred, err := p.CreateCredential(u, c.data, parsed)
	if err != nil || !cred.Flags.UserVerified {
		return ErrWrong
	}
	key := passkey{ID: cred.ID, Key: cred.PublicKey, Flags: byte(cred.Flags.ProtocolValue()), Label: label, Made: k.now().UTC()}
	return k.own(ctx, who, "passkey registered", false, func(s *set) error {
		switch {
		case len(s.Passkeys) != len(u.Passkeys):
			return fmt.Errorf("another passkey was registered meanwhile: %w", vigil.ErrExists)
		case slices.ContainsFunc(s.Passkeys, func(h passkey) bool { return h.Label == label || string(h.ID) == string(key.ID) }):
			return fmt.Errorf("passkey %q: %w", label, vigil.ErrExists)
		case len(s.Passkeys) >= maxPasskeys:
			return fmt.Errorf("%d passkeys: remove one first", maxPasskeys)
		}
		s.Passkeys = append(s.Passkeys, key)
		return nil
	})
}

// RemovePasskey removes one of somebody's own passkeys, but for the last.
func (k *Keeper) RemovePasskey(ctx context.Context, who access.Person, label string) error {
	if err := k.fresh(who); err != nil {
		return err
	}
	return k.own(ctx, who, "passkey removed", false, func(s *set) error {
		i := slices.IndexFunc(s.Passkeys, func(p passkey) bool { return p.Label == label })
		switch {
		case i < 0:
			return fmt.Errorf("passkey %q: %w", label, vigil.ErrNotFound)
		case len(s.Passkeys) == 1:
			return errLast
		}
		s.Passkeys = slices.Delete(s.Passkeys, i, i+1)
		return nil
	})
}
