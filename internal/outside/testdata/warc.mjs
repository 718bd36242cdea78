// Reads WARC files with warcio, and prints a line of JSON for each record: its
// place, type, address and time, and the SHA-256 of its block and of its payload
// as found. Fails where a record states another digest, or none, and where the
// records end before the file does: warcio itself stops there without a word.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { WARCParser } from 'warcio';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes) {
	let text = '', held = 0, bits = 0;
	for (const b of bytes) {
		held = (held << 8 | b) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5) text += alphabet[held >> (bits - 5) & 31];
	}
	if (bits > 0) text += alphabet[held << (5 - bits) & 31];
	return text.padEnd(Math.ceil(text.length / 8) * 8, '=');
}

const digest = (bytes) => 'sha256:' + base32(createHash('sha256').update(bytes).digest());

// Each record of a file, with its bytes: of the whole block, or of what stands
// below an HTTP header.
async function records(file, parseHttp) {
	const found = [];
	const parser = new WARCParser(createReadStream(file), { parseHttp });
	for await (const record of parser) {
		const bytes = await record.readFully(false);
		await record.skipFully();
		found.push({ record, bytes, offset: parser.offset, length: parser.recordLength });
	}
	return found;
}

let wrong = 0;
for (const file of process.argv.slice(2)) {
	const blocks = await records(file, false), payloads = await records(file, true);
	const last = blocks.at(-1), size = statSync(file).size;
	if (!last || last.offset + last.length !== size) {
		console.error(`${file}: its records end at ${last ? last.offset + last.length : 0}, not at ${size}`);
		wrong++;
	}
	for (const [i, { record, bytes, offset, length }] of blocks.entries()) {
		const found = {
			offset, length, type: record.warcType, id: record.warcHeader('WARC-Record-ID'),
			uri: record.warcTargetURI, date: record.warcDate, block: digest(bytes), payload: digest(payloads[i].bytes),
		};
		console.log(JSON.stringify(found));
		const stated = record.warcPayloadDigest;
		if (record.warcBlockDigest !== found.block || stated && stated !== found.payload || record.warcType === 'response' && !stated) {
			console.error(`${file}: ${found.id} states the digests ${record.warcBlockDigest} and ${stated}, has ${found.block} and ${found.payload}`);
			wrong++;
		}
	}
}
process.exit(wrong ? 1 : 0);
