package anchor

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vigil"
)

// Export writes the newest checkpoint of each of the logs into dir, in the forms
// in which other parties take it, with the public log keys and a page that says
// what to do. dir may be there; what it holds under these names must be the same.
// Logs without a checkpoint are passed over; n says of how many there was one.
func (f Folder) Export(ctx context.Context, l Log, logs []string, dir string, known Keys) (n int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	var page bytes.Buffer
	page.WriteString(exportPage)
	for _, log := range logs {
		k, err := f.kept(log)
		if err != nil {
			return n, err
		}
		if len(k.sizes) == 0 {
			continue
		}
		base, err := f.export(ctx, l, log, k, dir, known)
		if err != nil {
			return n, err
		}
		fmt.Fprintf(&page, "\n%s\n\n%s", base, strings.ReplaceAll(exportCommands, "BASE", base))
		n++
	}
	if n == 0 {
		return 0, nil
	}
	keys := strings.Join(known.Lines, "\n") + "\n"
	return n, errors.Join(writeSame(dir, "log.pub", []byte(keys)), writeSame(dir, "ANCHOR-"+short(page.Bytes())+".txt", page.Bytes()))
}

// export writes a log's newest checkpoint, and returns how its files begin.
func (f Folder) export(ctx context.Context, l Log, log string, k kept, dir string, known Keys) (base string, err error) {
	size := k.sizes[len(k.sizes)-1]
	c, note, err := f.Checkpoint(log, size, known)
	if err != nil {
		return "", err
	}
	request, err := f.request(ctx, l, k, c, note, known)
	if err != nil {
		return "", err
	}
	text, _, _ := bytes.Cut(note, []byte("\n\n"))
	base = strings.ReplaceAll(strings.TrimPrefix(f.name(log, size, ""), filepath.Base(f.Dir)+string(filepath.Separator)), string(filepath.Separator), "-")
	return base, errors.Join(
		writeSame(dir, base+".checkpoint", note),
		writeSame(dir, base+".text", append(bytes.Clone(text), '\n')),
		os.WriteFile(filepath.Join(dir, base+".add-checkpoint"), request, 0o644), // changes with what was signed before
	)
}

// request returns what a witness is sent (c2sp.org/tlog-witness, add-checkpoint):
// the size of the newest checkpoint that has a cosignature, the proof that the log
// only grew since, and the signed checkpoint.
func (f Folder) request(ctx context.Context, l Log, k kept, c vigil.Checkpoint, note []byte, known Keys) ([]byte, error) {
	older := vigil.Checkpoint{Log: c.Log}
	for _, size := range slices.Backward(k.sizes) {
		if !slices.ContainsFunc(k.beside[size], func(s string) bool { return strings.HasPrefix(s, suffixCosigned+".") }) {
			continue
		}
		var err error
		if older, _, err = f.Checkpoint(c.Log, size, known); err != nil {
			return nil, err
		}
		break
	}
	var proof [][32]byte
	if older.Size > 0 {
		var err error
		if proof, err = Consistency(ctx, l, older, c); err != nil {
			return nil, err
		}
	}
	b := fmt.Appendf(nil, "old %d\n", older.Size)
	for _, h := range proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), note...), nil
}

// writeSame writes a file, or finds the same bytes there.
func writeSame(dir, name string, data []byte) error {
	name = filepath.Join(dir, name)
	if old, err := ReadFile(name); err == nil && bytes.Equal(old, data) {
		return nil
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

const exportPage = `Checkpoints of custody logs, to be signed or dated by others
============================================================

A checkpoint states what a log held: its name, the number of its entries and the root of the Merkle tree over
them (c2sp.org/tlog-checkpoint), and nothing else of the case. log.pub has the keys that signed.
Each way below stands by itself; what comes of it goes back to the case with: vigil log anchor --import FILE

Before you sign, keep the checkpoint: it is your copy that shows a later change of the log.
`

const exportCommands = `  A time-stamping authority (RFC 3161). Send it BASE.tsq; it answers with BASE.tsr. TSA.pem is its root.

    openssl ts -query -data BASE.checkpoint -sha256 -cert -out BASE.tsq
    openssl ts -verify -data BASE.checkpoint -in BASE.tsr -CAfile TSA.pem

  A second party with ssh-keygen. KEY is its private key; it makes BASE.text.sig.

    ssh-keygen -Y sign -n vigil-log -f KEY BASE.text

  A witness (c2sp.org/tlog-witness). Its answer is put behind the checkpoint.

    curl --data-binary @BASE.add-checkpoint https://WITNESS/add-checkpoint > BASE.answer
    cat BASE.checkpoint BASE.answer > BASE.cosigned
`
