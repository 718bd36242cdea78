package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vigil"
	"vigil/internal/access"
)

// accounts is what finding somebody's account needs of a case.
type accounts interface {
	Accounts(ctx context.Context) ([]vigil.Account, error)
}

// personNamed returns the person of an account's name, who has just proved to this
// machine who they are: roles on one machine keep honest people from slips, as who
// can read the case's file and its key can do what the file allows. In a case
// without accounts it may be any name.
func personNamed(ctx context.Context, st accounts, name string) (access.Person, error) {
	if name == "" || len(name) > maxAccount {
		return access.Person{}, fmt.Errorf("%w: an account's name of %d bytes: want 1 to %d", vigil.ErrRefused, len(name), maxAccount)
	}
	as, err := st.Accounts(ctx)
	if err != nil {
		return access.Person{}, err
	}
	if len(as) == 0 {
		return access.Alone(name, time.Now()), nil
	}
	i := slices.IndexFunc(as, func(o vigil.Account) bool { return o.Name == name })
	if i < 0 || as[i].Disabled {
		return access.Person{}, hint(fmt.Errorf("%w: %q is no account of this case that may do anything", vigil.ErrRefused, name), "--as NAME says whose account it is")
	}
	return access.Of(as[i], time.Now()), nil
}

// maxAccount bounds the name of an account in bytes.
const maxAccount = 64
