import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { findServer } from '../../../scripts/lib/servers.mjs';
import { freePort, Program, untilListening } from '../../bench/lib/program.ts';
import { root } from '../../harness/paths.ts';
import { ownCertificate, testCa } from '../../harness/testCa.ts';

/** The servers that deploy/ has a configuration for. */
export type ProxyName = 'nginx' | 'caddy';

export const proxyPrograms: Readonly<Record<ProxyName, string | undefined>> = { nginx: findServer('nginx'), caddy: findServer('caddy') };

/** Those that this machine has. */
export const proxyNames = (['nginx', 'caddy'] as const).filter((name) => proxyPrograms[name] !== undefined);

/** A header of the tests by which nginx is told where a caller comes from: all of them come from this machine. */
export const CALLER_HEADER = 'x-test-caller';

/** A real server before a relay, on this machine alone, configured by the very file of deploy/. */
export interface DeployedProxy {
  readonly name: ProxyName;
  /** The address that people use. */
  readonly url: string;
  readonly port: number;
  /** Its address without TLS, which only sends people to the other. */
  readonly plainPort: number;
  /** What it has complained of. */
  readonly output: string;
  /** What it has noted of its callers. */
  readonly accessLog: string;
  stop(): Promise<void>;
}

/** A file of deploy/ as it is written for another place. Each word to be replaced must stand in it. */
export function placed(file: string, replacements: readonly (readonly [word: string | RegExp, by: string])[]): string {
  return replacements.reduce(
    (text, [word, by]) => {
      const changed = text.replaceAll(word, by);
      assert.notEqual(changed, text, `${file} has no ${String(word)}`);
      return changed;
    },
    readFileSync(join(root, 'deploy', file), 'utf8'),
  );
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly plainPort: number;
  readonly relayPort: number;
}

/** `sed` of the guide puts the name in; ports, folders and the interface are those of the test. */
function nginxSite({ folder, port, plainPort, relayPort }: Place): string {
  return placed('nginx.conf', [
    ['relay.example', 'localhost'],
    [/^ *listen \[::\]:.*\n/gm, ''],
    ['listen 80;', `listen 127.0.0.1:${String(plainPort)};`],
    ['listen 443 ', `listen 127.0.0.1:${String(port)} `],
    ['/etc/letsencrypt/live/localhost/fullchain.pem', join(folder, 'fullchain.pem')],
    ['/etc/letsencrypt/live/localhost/privkey.pem', join(folder, 'privkey.pem')],
    ['/var/www/html', join(folder, 'www')],
    ['127.0.0.1:8787', `127.0.0.1:${String(relayPort)}`],
  ]);
}

/** What Debian's `nginx.conf` has around the files of `conf.d`, as far as it matters here; its time limits are nginx's own. */
export function nginxMain(folder: string, more = ''): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr warn;
${process.getuid?.() === 0 ? `user ${userInfo().username};` : ''}
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; gzip on; ssl_prefer_server_ciphers on; access_log ${folder}/access.log; ${temporary}
  set_real_ip_from 127.0.0.0/8; real_ip_header ${CALLER_HEADER};
  ${more}
  include ${folder}/conf.d/*.conf;
}
`;
}

/** The Caddyfile with our own authority in the place of a public one, and no port that is not the test's; its name comes by the environment. */
function caddySite({ folder, port, plainPort }: Place): string {
  const options = `
	admin off
	default_bind 127.0.0.1
	http_port ${String(plainPort)}
	https_port ${String(port)}
	grace_period 1s
	skip_install_trust
	pki {
		ca local {
			root {
				cert ${folder}/ca.pem
				key ${folder}/ca.key
			}
		}
	}`;
  return placed('Caddyfile', [[/^\{$/gm, `{${options}`]]);
}

/** Writes what this server needs into the folder. @returns its arguments and environment */
export function layOut(name: ProxyName, place: Place, more?: string): { args: readonly string[]; env: Readonly<Record<string, string>> } {
  const { folder, relayPort } = place;
  if (name === 'nginx') {
    for (const each of ['conf.d', 'www']) mkdirSync(join(folder, each));
    writeFileSync(join(folder, 'fullchain.pem'), ownCertificate.cert);
    writeFileSync(join(folder, 'privkey.pem'), ownCertificate.key, { mode: 0o600 });
    writeFileSync(join(folder, 'conf.d', 'cloudtolocalllm.conf'), nginxSite(place));
    writeFileSync(join(folder, 'nginx.conf'), nginxMain(folder, more));
    return { args: ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], env: {} };
  }
  writeFileSync(join(folder, 'ca.pem'), testCa.cert);
  writeFileSync(join(folder, 'ca.key'), testCa.key, { mode: 0o600 });
  writeFileSync(join(folder, 'Caddyfile'), caddySite(place));
  const env = { HOME: folder, XDG_DATA_HOME: join(folder, 'data'), XDG_CONFIG_HOME: join(folder, 'config') };
  return {
    args: ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')],
    env: { ...env, RELAY_NAME: 'localhost', RELAY_UPSTREAM: `127.0.0.1:${String(relayPort)}` },
  };
}

/** @param more for nginx, beside what is the same for all its sites */
export async function startDeployedProxy(name: ProxyName, relayPort: number, more?: string): Promise<DeployedProxy> {
  const program = proxyPrograms[name];
  assert.ok(program !== undefined, `there is no ${name}`);
  const folder = mkdtempSync(join(tmpdir(), `c2l-${name}-`));
  const place = { folder, relayPort, port: await freePort(), plainPort: await freePort() };
  let running: Program | undefined;
  const stop = async (): Promise<void> => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  try {
    const { args, env } = layOut(name, place, more);
    running = new Program(program, args, env);
    await untilListening(place.port, running);
  } catch (error) {
    await stop();
    throw error;
  }
  const server = running;
  return {
    name,
    port: place.port,
    plainPort: place.plainPort,
    url: `https://localhost:${String(place.port)}`,
    get output() {
      return server.output;
    },
    get accessLog() {
      return name === 'nginx' ? readFileSync(join(folder, 'access.log'), 'utf8') : '';
    },
    stop,
  };
}
