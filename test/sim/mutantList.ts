/** One change of the product's source. */
export interface Edit {
  /** Under src/. */
  readonly file: string;
  /** Stands in the file exactly once; white space counts for nothing. */
  readonly find: string;
  readonly replace: string;
}

/** A fault planted in the product, which the simulator must find. Two guards against one fault are taken out together. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

const resumeFrom = 'this.#next = received;';
const takesFresh = 'if (fresh > 0) {\n      this.#queue.push(kept(bytes.subarray(bytes.length - fresh)));\n      this.#received = end;';
const takesAll = 'if (bytes.length > 0) {\n      this.#queue.push(bytes.slice());\n      this.#received += bytes.length;';

/** All planted faults. The list was written before the first run against it; the report names every one. */
export const mutants: readonly Mutant[] = [
  // mux: offsets and resume
  {
    name: 'resume goes on one byte too far',
    edits: [{ file: 'mux/sendSide.ts', find: resumeFrom, replace: 'this.#next = Math.min(received + 1, this.#highestSent);' }],
  },
  {
    name: 'resume goes on one byte too early, and repeats are not dropped',
    edits: [
      { file: 'mux/sendSide.ts', find: resumeFrom, replace: 'this.#next = Math.max(received - 1, this.#buffer.start);' },
      { file: 'mux/receiveSide.ts', find: takesFresh, replace: takesAll },
    ],
  },
  {
    name: 'resume repeats all that was not consumed, and repeats are not dropped',
    edits: [
      { file: 'mux/sendSide.ts', find: resumeFrom, replace: 'this.#next = this.#buffer.start;' },
      { file: 'mux/receiveSide.ts', find: takesFresh, replace: takesAll },
    ],
  },
  {
    name: 'repeats are not dropped',
    edits: [{ file: 'mux/receiveSide.ts', find: takesFresh, replace: takesAll }],
  },
  {
    name: 'resume acknowledges, the end included',
    edits: [
      {
        file: 'mux/sendSide.ts',
        find: resumeFrom,
        replace: `${resumeFrom}\n    this.#release(received);\n    if (finReceived) this.#finConfirmed = true;`,
      },
    ],
  },
  {
    name: 'a stream whose OPEN never arrived goes on where it was',
    edits: [{ file: 'mux/streamTable.ts', find: 'stream.sendSide.restart();', replace: '' }],
  },
  {
    name: 'no incarnation check: a forgetful device is taken for the old one',
    edits: [{ file: 'mux/mux.ts', find: 'if (isOther) this.#table.onOtherIncarnation();', replace: 'void isOther;' }],
  },
  {
    name: 'no attempt check in HELLO: an old link takes the mux back',
    edits: [
      { file: 'mux/muxTable.ts', find: 'if (attempt <= (known?.mux.attempt ?? 0))', replace: 'if (attempt < 0)' },
      { file: 'mux/mux.ts', find: 'if (hello.attempt <= this.#attempt)', replace: 'if (hello.attempt < 0)' },
    ],
  },
  // mux: credit and control
  {
    name: 'credit is granted on receipt',
    edits: [
      {
        file: 'mux/receiveSide.ts',
        find: 'this.#limit = Math.max(this.#limit, this.#consumed + this.#window.bytes);',
        replace: 'this.#limit = Math.max(this.#limit, this.#received + this.#window.bytes);',
      },
    ],
  },
  {
    name: 'credit is forgotten at an attach',
    edits: [
      { file: 'mux/muxStream.ts', find: 'this.needs.credit ||= this.receiveSide.received > 0 || this.receiveSide.isEnded;', replace: '' },
    ],
  },
  {
    name: 'the sender does not keep to its credit',
    edits: [
      {
        file: 'mux/sendSide.ts',
        find: 'Math.min(this.#limit, this.#buffer.start + MAX_STREAM_WINDOW_BYTES, cap, this.#buffer.end)',
        replace: 'this.#buffer.end',
      },
    ],
  },
  {
    name: 'an end that was read is not confirmed',
    edits: [
      {
        file: 'mux/receiveSide.ts',
        find: 'if (this.isEnded) return this.isFinished && !this.#endTold;',
        replace: 'if (this.isEnded) return false;',
      },
    ],
  },
  {
    name: 'a STOP is not repeated after a cut',
    edits: [
      { file: 'mux/muxStream.ts', find: 'this.needs.stop = this.#stopAsked && !this.receiveSide.isEnded;', replace: '' },
      { file: 'mux/streamTable.ts', find: 'if (state.stopRequested) stream.acceptStop();', replace: '' },
    ],
  },
  {
    name: 'a RESET is not repeated after a cut',
    edits: [{ file: 'mux/muxStream.ts', find: 'this.needs.reset = this.#ownReset;', replace: '' }],
  },
  {
    name: 'a RESET is not answered',
    edits: [{ file: 'mux/streamTable.ts', find: "this.#events.reply({ type: 'reset', id: stream.id, code });", replace: '' }],
  },
  // tunnel: liveness and retry
  {
    name: 'no PING: the far end is believed for ever',
    edits: [{ file: 'mux/pinger.ts', find: 'else this.#events.onSilent();', replace: 'else this.#armDeadline(timeoutMs);' }],
  },
  {
    name: 'a silent line is believed for ever',
    edits: [
      { file: 'tunnel/link.ts', find: '=> {\n      this.#abandon(verdict);', replace: '=> {\n      this.#watch(timeoutMs, verdict);' },
      { file: 'mux/pinger.ts', find: 'else this.#events.onSilent();', replace: 'else this.#armDeadline(timeoutMs);' },
    ],
  },
  {
    name: 'a failed try is never followed by another',
    edits: [
      { file: 'tunnel/connectionState.ts', find: "effects: [hangUp, { type: 'scheduleRetry', attempt }]", replace: 'effects: [hangUp]' },
    ],
  },
  {
    name: 'a connection that was up is tried again only once',
    edits: [
      { file: 'tunnel/supervisor.ts', find: '  #dialledAt = 0;\n', replace: '  #dialledAt = 0;\n  #retries = 0;\n' },
      {
        file: 'tunnel/supervisor.ts',
        find: 'this.#scheduleRetry(diallingMs);\n          break;',
        replace: 'if (!isLive(before) || this.#retries++ < 1) this.#scheduleRetry(diallingMs);\n          break;',
      },
    ],
  },
  {
    name: 'a mux is dropped with its circuit',
    edits: [
      { file: 'mux/muxTable.ts', find: 'this.#clock.after(DETACHED_MUX_LIFETIME_MS, () => {', replace: 'this.#clock.after(1, () => {' },
    ],
  },
  {
    name: 'the older of two circuits keeps the mux',
    edits: [
      {
        file: 'tunnel/deviceTunnel.ts',
        find: 'this.#carriers.set(mux, { circuit, clientId });',
        replace: 'if (!older) this.#carriers.set(mux, { circuit, clientId });',
      },
    ],
  },
  {
    name: 'an end fills its socket without bound',
    edits: [{ file: 'tunnel/recordPump.ts', find: 'this.#backlogBytes() < MAX_SOCKET_BACKLOG_BYTES && ', replace: '' }],
  },
  {
    name: 'the device does not go on when its socket has drained',
    edits: [{ file: 'tunnel/deviceAttempt.ts', find: 'onDrain: () => {\n          this.#pump.run();', replace: 'onDrain: () => {' }],
  },
  // secure
  {
    name: 'the record counter stands still for one record',
    edits: [
      {
        file: 'secure/cipherState.ts',
        find: 'plaintext);\n    this.#counter += 1;\n    return ciphertext;',
        replace:
          'plaintext);\n    if (!this.#stood && this.#counter === 3) this.#stood = true;\n    else this.#counter += 1;\n    return ciphertext;',
      },
      {
        file: 'secure/cipherState.ts',
        find: 'ciphertext);\n    this.#counter += 1;\n    return plaintext;',
        replace:
          'ciphertext);\n    if (!this.#stood && this.#counter === 3) this.#stood = true;\n    else this.#counter += 1;\n    return plaintext;',
      },
      { file: 'secure/cipherState.ts', find: '#counter = 0;', replace: '#counter = 0;\n  #stood = false;' },
    ],
  },
  // relay
  {
    name: 'no epoch check: a device that was replaced comes back',
    edits: [
      { file: 'relay/deviceRegistry.ts', find: "return next.epoch > current.epoch ? 'replace' : 'stale';", replace: "return 'replace';" },
    ],
  },
  {
    name: 'no attempt check in REGISTER: an old link replaces the new one',
    edits: [
      {
        file: 'relay/deviceRegistry.ts',
        find: "return next.attempt > current.attempt ? 'replace' : 'stale';",
        replace: "return 'replace';",
      },
    ],
  },
  {
    name: 'the relay does not dial again for a client whose device has left',
    edits: [{ file: 'relay/clientLink.ts', find: 'this.#afterLeaving(this.#state.inHaste);', replace: 'return;' }],
  },
  {
    name: 'the relay joins a client twice',
    edits: [
      {
        file: 'relay/clientLink.ts',
        find: 'onJoined: guarded((deviceKey: Uint8Array) => {\n        this.#endSearch();',
        replace: 'onJoined: guarded((deviceKey: Uint8Array) => {',
      },
      {
        file: 'relay/clientLink.ts',
        find: "if (state.kind === 'waiting') this.#dial();",
        replace: "if (state.kind === 'waiting' || state.kind === 'joined') this.#dial();",
      },
    ],
  },
  {
    name: 'the relay does not tell the device that a client has left',
    edits: [
      {
        file: 'relay/circuits/deviceCircuit.ts',
        find: "this.#push(encodeLinkFrame({ type: 'left', circuit: this.number, reason }, 'device'));",
        replace: 'void reason;',
      },
    ],
  },
  {
    name: 'a stale JOINED is accepted: the relay does not wait until the client knows of LEFT',
    edits: [
      {
        file: 'relay/clientLink.ts',
        find: "this.#state = { kind: 'leaving', hasAnswered: this.#channel.fence(), inHaste };",
        replace: "this.#state = { kind: 'leaving', hasAnswered: () => true, inHaste };\n    this.#afterLeaving(inHaste);",
      },
    ],
  },
  {
    name: 'the relay never gives up a silent link',
    edits: [{ file: 'relay/heartbeat.ts', find: 'else this.#options.onDead();', replace: 'else this.#askAgain();' }],
  },
  {
    name: 'the relay keeps the place of a parked dial',
    edits: [{ file: 'relay/clientLink.ts', find: 'this.#parked?.dispose();', replace: '' }],
  },
  {
    name: 'the relay reads a client on whose device is behind',
    edits: [{ file: 'relay/circuits/deviceCircuit.ts', find: 'this.#circuit?.setFlow(false);', replace: '' }],
  },
  {
    name: 'the older of two places is dialled',
    edits: [
      {
        file: 'relay/inProcessBus.ts',
        find: 'best = laterPlace(best, place);',
        replace: 'best ??= place;',
      },
    ],
  },
  // chat
  {
    name: 'the hub does not know a request again',
    edits: [
      { file: 'conversation/turns.ts', find: 'if (first) respond(first);\n      else this.#changeOnce', replace: 'this.#changeOnce' },
    ],
  },
  {
    name: 'a generation that failed is tried again',
    edits: [
      {
        file: 'conversation/generation.ts',
        find: 'this.#model = ask(this);',
        replace: 'this.#model = ask(this);\n      this.#again = ask;',
      },
      {
        file: 'conversation/generation.ts',
        find: "const hasText = this.#message.text !== '' || !this.#text.isEmpty;",
        replace:
          "const hasText = this.#message.text !== '' || !this.#text.isEmpty;\n    const again = this.#again;\n    this.#again = undefined;\n    if (again && !hasText) {\n      this.#model = again(this);\n      return;\n    }",
      },
      {
        file: 'conversation/generation.ts',
        find: '#flushPlanned = false;\n  /** More',
        replace: '#flushPlanned = false;\n  #again: ((sink: GenerationSink) => Disposable) | undefined;\n  /** More',
      },
    ],
  },
  {
    name: 'what came last is not in the answer',
    edits: [
      {
        file: 'conversation/generation.ts',
        find: 'const pieces = piecesOf(this.#fit(this.#text.take(isAll)), MAX_CHUNK_UNITS);',
        replace: 'const pieces = isAll ? [] : piecesOf(this.#fit(this.#text.take(isAll)), MAX_CHUNK_UNITS);',
      },
    ],
  },
  {
    name: 'no checkpoints',
    edits: [
      {
        file: 'conversation/generation.ts',
        find: 'if (this.#trySave()) this.#bytesStored = this.#bytes;',
        replace: 'if (this.#bytes > 0) this.#bytesStored = this.#bytes;',
      },
    ],
  },
  {
    name: 'a killed answer is never marked',
    edits: [{ file: 'conversation/hub.ts', find: 'store.interruptRunning()', replace: '0' }],
  },
  {
    name: 'a position of an earlier hub counts',
    edits: [
      {
        file: 'conversation/viewing.ts',
        find: 'since?.hubEpoch === source.hubEpoch ? since.sequence : undefined',
        replace: 'since?.sequence',
      },
    ],
  },
  {
    name: 'the port does not send again what was not answered',
    edits: [{ file: 'tunnel/resumingChat.ts', find: '...(readsOnly ? [] : this.#unanswered.values()),', replace: '' }],
  },
  {
    name: 'the port opens its conversations anew without where they stood',
    edits: [{ file: 'tunnel/resumingChat.ts', find: "since ? { type: 'open', conversationId, since } : ", replace: '' }],
  },
];
