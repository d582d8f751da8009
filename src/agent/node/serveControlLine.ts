import { DecodeError } from '../../base/bytes.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { AgentControl, PairingQuestion } from '../../protocol/agentControl.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { parseControlRequest, parsePipeArgs, type ControlReply, type ControlRequest } from '../../protocol/windowPipe.ts';
import { carryOut } from '../carryOut.ts';
import type { Offerer, PairingDesk } from '../pairingDesk.ts';
import { factsOf } from './factsOf.ts';
import type { PipeLine } from './pipeLine.ts';

/** Calls of one window that run at once; a person does not come near it. */
const MAX_CALLS = 64;

/** Tells another window how the agent is, and does what it asks. */
export function serveControlLine(agent: AgentControl, desk: PairingDesk, line: PipeLine, clock: Clock, log: Logger): Disposable {
  const service = new ControlService({ agent, desk, line, clock, log });
  line.hear((message) => {
    service.receive(parseControlRequest(message));
  });
  return service;
}

interface Parts {
  readonly agent: AgentControl;
  readonly desk: PairingDesk;
  readonly line: PipeLine;
  readonly clock: Clock;
  readonly log: Logger;
}

class ControlService implements Offerer, Disposable {
  readonly #parts: Parts;
  readonly #owned = new DisposableStore();
  readonly #calls = new Map<number, AbortController>();
  readonly #questions = new Map<number, PairingQuestion>();
  #questionId = 0;
  #told = '';
  #tellingPlanned = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { agent, desk } = parts;
    this.#owned.add(agent.bus.statusStream(this.#changed));
    this.#owned.add(agent.onDidChangeClients(this.#changed));
    this.#owned.add(agent.onDidChangeOllama(this.#changed));
    this.#owned.add(
      toDisposable(() => {
        for (const call of this.#calls.values()) call.abort();
        desk.left(this);
      }),
    );
    this.#tell();
  }

  receive(request: ControlRequest): void {
    switch (request.type) {
      case 'call':
        void this.#call(request);
        return;
      case 'abort':
        this.#calls.get(request.id)?.abort();
        return;
      case 'answer': {
        const question = this.#questions.get(request.questionId);
        this.#questions.delete(request.questionId);
        if (!question) return;
        this.#parts.desk.answered(question);
        question.answer(request.allow, request.person);
        return;
      }
      case 'ping':
        this.#tell();
        this.#send({ type: 'pong' });
    }
  }

  ask(question: PairingQuestion): void {
    const questionId = ++this.#questionId;
    const { name, kind, scope, words } = question;
    this.#questions.set(questionId, question);
    this.#owned.add(
      question.onDidEnd(() => {
        if (this.#questions.delete(questionId)) this.#send({ type: 'questionOver', questionId });
      }),
    );
    this.#send({ type: 'question', questionId, name, kind, scope, words: [...words] });
  }

  paired(clientId: string): void {
    this.#tell();
    this.#send({ type: 'paired', clientId });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #call({ id, method, args }: Extract<ControlRequest, { type: 'call' }>): Promise<void> {
    const { agent, desk, log } = this.#parts;
    const ending = new AbortController();
    try {
      if (this.#calls.size >= MAX_CALLS || this.#calls.has(id)) throw new TunnelError('busy');
      this.#calls.set(id, ending);
      if (method === 'createOffer') desk.offeredBy(this);
      const options = {
        signal: ending.signal,
        onHop: (result: Extract<ControlReply, { type: 'hop' }>['result']): void => {
          this.#send({ type: 'hop', id, result });
        },
      };
      const result = await carryOut(agent, method, parsePipeArgs(method, args), options);
      // whoever asked sees what has become of it
      this.#tell();
      this.#send({ type: 'done', id, ...(result === undefined ? {} : { result }) });
    } catch (error) {
      const { code, detail } = error instanceof DecodeError ? new TunnelError('badMessage', error.message) : TunnelError.from(error);
      log.info('pipe: a window’s wish failed', { method, code });
      this.#send({ type: 'failed', id, error: code, ...(detail === undefined ? {} : { detail }) });
    } finally {
      if (this.#calls.get(id) === ending) this.#calls.delete(id);
    }
  }

  readonly #changed = (): void => {
    if (this.#tellingPlanned) return;
    this.#tellingPlanned = true;
    this.#parts.clock.defer(() => {
      this.#tellingPlanned = false;
      this.#tell();
    });
  };

  /** Says how the agent is, when it is otherwise than was said last. */
  #tell(): void {
    const facts = factsOf(this.#parts.agent);
    const said = JSON.stringify(facts);
    if (said === this.#told) return;
    this.#told = said;
    this.#send({ type: 'facts', facts });
  }

  #send(reply: ControlReply): void {
    if (!this.#owned.isDisposed) this.#parts.line.send(reply);
  }
}
