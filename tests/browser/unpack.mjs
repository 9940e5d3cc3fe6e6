// Unpacks the browser of @sparticuz/chromium into the folder that is named, with the libraries and the font that came with
// it, and writes `start` beside it: a launcher that finds both there, on a machine that has neither.
import { chmodSync, createReadStream, createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';

const from = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/@sparticuz/chromium/bin');
const out = resolve(process.argv[2]);

/** Name, kind and content of everything in an archive of the kind `ustar`. */
function* entries(tar) {
  const text = (at, length) => tar.toString('utf8', at, at + length).replace(/\0[^]*$/, '');
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const kind = text(at + 156, 1) || '0';
    if (!(size >= 0) || !'05'.includes(kind)) throw new Error(`an archive's entry of kind ${kind}, ${size} bytes`);
    yield { name: prefix ? `${prefix}/${text(at, 100)}` : text(at, 100), kind, content: tar.subarray(at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

function archive(name) {
  for (const { name: path, kind, content } of entries(brotliDecompressSync(readFileSync(join(from, `${name}.tar.br`))))) {
    const to = resolve(out, path);
    if (!to.startsWith(out + sep)) throw new Error(`an archive's entry outside of it: ${path}`);
    mkdirSync(kind === '5' ? to : dirname(to), { recursive: true });
    if (kind === '0') writeFileSync(to, content);
  }
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
// libnss3 and its like; a renderer without a graphics card, which must lie beside the program; Open Sans.
for (const name of ['al2023', 'swiftshader', 'fonts']) archive(name);
await pipeline(createReadStream(join(from, 'chromium.br')), createBrotliDecompress(), createWriteStream(join(out, 'chromium')));
chmodSync(join(out, 'chromium'), 0o755);
writeFileSync(
  join(out, 'fonts.conf'),
  `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n`,
);
writeFileSync(
  join(out, 'start'),
  `#!/bin/sh
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here/lib" FONTCONFIG_FILE="$here/fonts.conf" XDG_CACHE_HOME="$here/cache"
exec "$here/chromium" "$@"
`,
);
chmodSync(join(out, 'start'), 0o755);
