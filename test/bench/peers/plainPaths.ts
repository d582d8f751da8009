import { chmodSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { descendants } from '../../harness/processes.ts';
import { findProgram, freePort, Program, untilListening } from '../lib/program.ts';
import { Worker } from '../lib/worker.ts';
import { PeerMissing, type Hop, type Path, type RunningPath } from './peer.ts';

interface Listening {
  readonly type: 'listening';
  readonly port: number;
}
interface Joined {
  readonly type: 'joined';
}

export const direct: Path = {
  name: 'direct',
  words: 'direct: client to model',
  start: ({ upstreamPort }) =>
    Promise.resolve({ way: { kind: 'http', target: { port: upstreamPort } }, hops: () => [], stop: () => Promise.resolve() }),
};

export const pipes: Path = {
  name: 'pipes',
  words: 'bare TCP pipes in Node, 2 hops',
  async start({ upstreamPort, linkTo, nodeFlags }) {
    const near = new Worker<never, Listening>('peers/pipeMain.ts', [String(upstreamPort)], { nodeFlags: nodeFlags('pipeNear') });
    const { port } = await near.next('listening');
    // The hop at the model's side listens, so the emulated link lies before it.
    const far = new Worker<never, Listening>('peers/pipeMain.ts', [String(await linkTo(port))], { nodeFlags: nodeFlags('pipeFar') });
    const { port: publicPort } = await far.next('listening');
    return httpPath(publicPort, () => [hop('public pipe', far.pid), hop('pipe at the model', near.pid)], [far, near]);
  },
};

export const naive: Path = {
  name: 'naive',
  words: 'naive relay: JSON, one message a token, 2 hops',
  async start({ upstreamPort, linkTo, nodeFlags }) {
    const relay = new Worker<never, Listening | Joined>('naive/relayMain.ts', [], { nodeFlags: nodeFlags('naiveRelay') });
    const { port } = await relay.next('listening');
    const joined = relay.next('joined');
    const agent = new Worker('naive/agentMain.ts', [String(await linkTo(port)), String(upstreamPort)], {
      nodeFlags: nodeFlags('naiveAgent'),
    });
    await joined;
    return httpPath(port, () => [hop('relay', relay.pid), hop('agent', agent.pid)], [agent, relay]);
  },
};

export const nginx: Path = {
  name: 'nginx',
  words: 'nginx, 1 hop, proxy_buffering off',
  async start({ folder, upstreamPort }) {
    const binary = findProgram('nginx');
    if (binary === undefined) throw new PeerMissing('nginx is not installed');
    const port = await freePort();
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, nginxConfiguration(folder, port, upstreamPort));
    const program = new Program(binary, ['-e', 'stderr', '-p', folder, '-c', file]);
    await untilListening(port, program);
    return httpPath(port, () => descendants(program.pid).map((pid) => hop('nginx', pid)), [program]);
  },
};

function nginxConfiguration(folder: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  const user = process.getuid?.() === 0 ? `user ${userInfo().username};` : '';
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error; ${user}
events { worker_connections 8192; }
http {
  access_log off; ${temporary} keepalive_requests 1000000; tcp_nodelay on;
  upstream model { server 127.0.0.1:${String(upstreamPort)}; keepalive 1024; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${String(port)} backlog=4096;
    location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`;
}

const PRIVILEGE_FOLDER = '/run/sshd';

export const ssh: Path = {
  name: 'ssh',
  words: '`ssh -R`, 2 hops',
  async start({ folder, upstreamPort, linkTo }) {
    const [server, client, keygen] = ['sshd', 'ssh', 'ssh-keygen'].map(findProgram);
    if (server === undefined) throw new PeerMissing('openssh-server is not installed');
    if (client === undefined || keygen === undefined) throw new PeerMissing('openssh-client is not installed');
    for (const name of ['host', 'user']) execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    const undo = lendPrivilegeFolder();
    const port = await freePort();
    const publicPort = await freePort();
    const file = join(folder, 'sshd_config');
    writeFileSync(file, sshdConfiguration(folder, port));
    chmodSync(folder, 0o700);
    const daemon = new Program(server, ['-D', '-e', '-f', file]);
    const programs = [daemon];
    try {
      await untilListening(port, daemon);
      const options = [
        'BatchMode=yes',
        'StrictHostKeyChecking=no',
        'UserKnownHostsFile=/dev/null',
        'ExitOnForwardFailure=yes',
        'LogLevel=ERROR',
      ];
      const far = new Program(client, [
        ...['-F', 'none', '-N', '-i', join(folder, 'user'), '-p', String(await linkTo(port))],
        ...options.flatMap((option) => ['-o', option]),
        ...['-R', `127.0.0.1:${String(publicPort)}:127.0.0.1:${String(upstreamPort)}`, `${userInfo().username}@127.0.0.1`],
      ]);
      programs.unshift(far);
      await untilListening(publicPort, far).catch((error: unknown) => {
        throw new Error(`${String(error)}\nsshd: ${daemon.output}`);
      });
      const hops = (): Hop[] => [...descendants(daemon.pid).map((pid) => hop('sshd', pid)), hop('ssh', far.pid)];
      return httpPath(publicPort, hops, [...programs, { stop: undo }]);
    } catch (error) {
      for (const program of programs) await program.stop();
      await undo();
      throw error;
    }
  },
};

/** Where sshd is started by root it wants an empty folder, which its package's service makes at boot. */
function lendPrivilegeFolder(): () => Promise<void> {
  if (process.getuid?.() !== 0 || existsSync(PRIVILEGE_FOLDER)) return () => Promise.resolve();
  mkdirSync(PRIVILEGE_FOLDER, { mode: 0o755 });
  return () => {
    if (existsSync(PRIVILEGE_FOLDER)) rmdirSync(PRIVILEGE_FOLDER);
    return Promise.resolve();
  };
}

function sshdConfiguration(folder: string, port: number): string {
  return `Port ${String(port)}
ListenAddress 127.0.0.1
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding yes
LogLevel ERROR
`;
}

function hop(name: string, pid: number): Hop {
  return { name, pid };
}

function httpPath(port: number, hops: () => readonly Hop[], owned: readonly { stop(): Promise<unknown> }[]): RunningPath {
  return {
    way: { kind: 'http', target: { port } },
    hops,
    async stop() {
      for (const item of owned) await item.stop();
    },
  };
}
