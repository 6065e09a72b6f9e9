// Makes the folders that are published. Versions are those of Cargo.toml.
//
//   node packages/node/build.mjs OUT                      the package `sandtill`
//   node packages/node/build.mjs OUT linux-x64 BINARY     the package `@sandtill/linux-x64`
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const [out, platform, binary] = process.argv.slice(2);
const platforms = json(join(here, 'platforms.json'));
if (!out || (platform && (!platforms[platform] || !binary))) {
  console.error(`usage: build.mjs OUT [${Object.keys(platforms).join('|')} BINARY]`);
  process.exit(2);
}
const version = /^version = "(.*)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
const source = json(join(here, 'package.json'));

const folder = join(out, platform ?? 'sandtill');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));

if (platform) {
  const { os, cpu } = platforms[platform];
  const file = `bin/sandtill${os === 'win32' ? '.exe' : ''}`;
  mkdirSync(join(folder, 'bin'));
  cpSync(binary, join(folder, file));
  chmodSync(join(folder, file), 0o755);
  writeFileSync(join(folder, 'README.md'), `The binary of \`sandtill\` for ${platform}; install \`sandtill\` instead.\n`);
  write({
    name: `@sandtill/${platform}`,
    version,
    description: `The binary of sandtill for ${platform}`,
    license: source.license,
    os: [os],
    cpu: [cpu],
    files: ['bin', 'LICENSE', 'README.md'],
    // Yarn would leave the binary in an archive, where it cannot be run.
    preferUnplugged: true,
  });
} else {
  for (const entry of ['bin', 'lib', 'README.md']) {
    cpSync(join(here, entry), join(folder, entry), { recursive: true });
  }
  const names = Object.keys(platforms).map((name) => [`@sandtill/${name}`, version]);
  write({ ...source, version, optionalDependencies: Object.fromEntries(names) });
}

function write(content) {
  // npm compares it with the repository that an attestation names.
  const repository = process.env.GITHUB_REPOSITORY;
  if (repository) content.repository = { type: 'git', url: `git+https://github.com/${repository}.git` };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);
}
