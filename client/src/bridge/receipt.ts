/**
 * What becomes of one write, for whoever made it.
 *
 * Guarantees: each promise settles once; nobody who did not ask for one is troubled by its rejection. Does not: keep the write.
 */
import { AimDbError, type AimDbErrorDetails } from '../errors.js';
import type { SettledWrite, WriteReceipt, WriteStatus } from '../types.js';

/** A write that came to nothing, or of which nobody knows what it came to; `settled` has all that is known. */
export class WriteFailed extends AimDbError {
  readonly settled: SettledWrite;

  constructor(settled: SettledWrite) {
    const { outcome, key, topic, path, reason, message } = settled;
    const code = outcome === 'refused' ? 'WRITE_REFUSED' : OF_OTHERS[outcome];
    const about = `write ${settled.write} to '${topic}' was ${WORDS[outcome] ?? outcome}`;
    const why = message ?? reason;
    const details: AimDbErrorDetails = { record: key, topic, path, reason };
    super(code ?? 'WRITE_UNKNOWN', why === undefined ? about : `${about}: ${why}`, details);
    this.settled = settled;
  }

  override get name(): string {
    return 'WriteFailed';
  }
}

const OF_OTHERS = { dropped: 'WRITE_DROPPED', unknown: 'WRITE_UNKNOWN' } as {
  readonly [outcome: string]: 'WRITE_DROPPED' | 'WRITE_UNKNOWN' | undefined;
};
const WORDS: { readonly [outcome: string]: string | undefined } = {
  unknown: 'sent, and nobody knows whether it was taken',
};

/** Of a write that nobody is told of. */
export const LOCAL: WriteReceipt = Object.freeze({
  write: null,
  status: 'local',
  stored: Promise.resolve(false),
  acknowledged: Promise.resolve(null),
});

interface Waiting<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: AimDbError) => void;
}

export class Receipt implements WriteReceipt {
  readonly write: number;
  #isStored: boolean | null;
  #end: SettledWrite | AimDbError | null = null;
  /** Made when somebody asks: most are never looked at. */
  #stored: Waiting<boolean> | null = null;
  #acknowledged: Waiting<SettledWrite | null> | null = null;

  /** `keeps`: a device is asked to keep it. */
  constructor(write: number, keeps: boolean) {
    this.write = write;
    this.#isStored = keeps ? null : false;
  }

  get status(): WriteStatus {
    if (this.#end && 'outcome' in this.#end) return this.#end.outcome;
    return this.#isStored ? 'stored' : 'pending';
  }

  get stored(): Promise<boolean> {
    this.#stored ??= waiting();
    this.#tell();
    return this.#stored.promise;
  }

  get acknowledged(): Promise<SettledWrite | null> {
    this.#acknowledged ??= waiting();
    this.#tell();
    return this.#acknowledged.promise;
  }

  noteStored(isStored: boolean): void {
    this.#isStored ??= isStored;
    this.#tell();
  }

  /** It has ended, or nobody here will hear of its end. */
  noteEnd(end: SettledWrite | AimDbError): void {
    this.#end ??= end;
    this.#isStored ??= false;
    this.#tell();
  }

  #tell(): void {
    if (this.#isStored !== null) this.#stored?.resolve(this.#isStored);
    if (this.#end === null) return;
    if (this.#end instanceof AimDbError) this.#acknowledged?.reject(this.#end);
    else if (isTaken(this.#end)) this.#acknowledged?.resolve(this.#end);
    else this.#acknowledged?.reject(new WriteFailed(this.#end));
  }
}

/** Whether the server took it, as far as it says. */
function isTaken({ outcome }: SettledWrite): boolean {
  return outcome === 'acknowledged' || outcome === 'sent';
}

function waiting<T>(): Waiting<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: AimDbError) => void;
  const promise = new Promise<T>((onValue, onError) => {
    [resolve, reject] = [onValue, onError];
  });
  return { promise, resolve, reject };
}
