/**
 * Records made from a server's topics and contracts: what is there, what comes later, and what goes.
 *
 * Guarantees: a record that the application configured is never touched; a topic that cannot be adopted, since its contract
 * cannot be used or its key has a record of another topic, is reported once and left out. Does not: subscribe; the bridge follows the patterns.
 */
import type { RecordDefinition } from '../contract/definition.js';
import type { ContractFile } from '../contract/file.js';
import { AimDbError, badOption } from '../errors.js';
import { isText } from '../options.js';
import type { BufferOption, RecordHandle, RemoveOptions, TopicInfo } from '../types.js';

/** How many values an adopted ring keeps here: a screen full of a chart. */
const RING_CAPACITY = 256;
/** So many contracts are asked for at once; the server refuses more. */
const CONTRACTS_ASKED_MAX = 64;

/** What adopting needs of a database. */
export interface AdoptingDb {
  knownSchemas(): readonly string[];
  registerContract(contract: ContractFile): void;
  has(key: string): boolean;
  configureRecord(key: string, options: RecordDefinition): void;
  record(key: string): RecordHandle<unknown>;
  removeRecord(key: string, options?: RemoveOptions): void;
}

/** What adopting needs of its bridge. */
export interface Adopting {
  listTopics(): Promise<TopicInfo[]>;
  /** The contract files of those names that the server has. */
  contracts(names: readonly string[]): Promise<readonly object[]>;
  /** Whether a record is of that topic. */
  isMirrored(topic: string): boolean;
  report(error: AimDbError): void;
}

export class Adoption {
  readonly patterns: readonly string[];
  #db: AdoptingDb;
  #bridge: Adopting;
  /** Adopted records by topic; null for a topic that cannot be one, or is the application's own. */
  #topics = new Map<string, RecordHandle<unknown> | null>();
  #matches: (topic: string) => boolean;
  #isListing = false;
  #isStale = false;

  constructor(db: AdoptingDb, bridge: Adopting, patterns: readonly string[]) {
    this.#db = db;
    this.#bridge = bridge;
    this.patterns = patterns;
    this.#matches = selector(patterns);
  }

  /** The keys of the records that are there by adoption. */
  keys(): string[] {
    const adopted = [...this.#topics.values()];
    return adopted.flatMap((record) => (record && !record.isRemoved ? [record.key] : []));
  }

  /** A value of a topic came: is it one that is not known yet? */
  sees(topic: string): void {
    if (!this.#topics.has(topic) && this.#matches(topic)) this.refresh();
  }

  /** Looks at what the server has now; once more if it is asked for meanwhile. */
  refresh(): void {
    if (this.#isListing) {
      this.#isStale = true;
      return;
    }
    this.#isListing = true;
    this.#list()
      .catch((error: unknown) => {
        // Without a connection the next one lists again.
        if (error instanceof AimDbError && error.code === 'DISCONNECTED') return;
        this.#bridge.report(adoptError('the server did not say what it has', error));
      })
      .finally(() => {
        this.#isListing = false;
        if (!this.#isStale) return;
        this.#isStale = false;
        this.refresh();
      });
  }

  /** A topic is no more: its record goes, if it was adopted. */
  gone(topic: string): void {
    const adopted = this.#topics.get(topic);
    this.#topics.delete(topic);
    // What has its key by now may be a record of the application.
    if (adopted && !adopted.isRemoved) this.#db.removeRecord(adopted.key, { dependents: true });
  }

  async #list(): Promise<void> {
    const listed = (await this.#bridge.listTopics()).filter(({ name }) => this.#matches(name));
    const names = new Set(listed.map(({ name }) => name));
    for (const topic of [...this.#topics.keys()]) if (!names.has(topic)) this.gone(topic);
    const added = listed.filter(({ name }) => !this.#topics.has(name));
    await this.#learn(added);
    for (const topic of added) this.#adopt(topic);
  }

  /** Registers the contracts that are not known here. */
  async #learn(topics: readonly TopicInfo[]): Promise<void> {
    const known = new Set(this.#db.knownSchemas());
    const wanted = new Set(topics.map(({ schemaType }) => schemaType ?? ''));
    const missing = [...wanted].filter((name) => name !== '' && !known.has(name));
    for (let at = 0; at < missing.length; at += CONTRACTS_ASKED_MAX) {
      const files = await this.#bridge.contracts(missing.slice(at, at + CONTRACTS_ASKED_MAX));
      for (const file of files) {
        try {
          this.#db.registerContract(file as ContractFile);
        } catch (error) {
          this.#bridge.report(adoptError('a contract of the server cannot be used', error));
        }
      }
    }
  }

  #adopt({ name: topic, schemaType, buffer }: TopicInfo): void {
    // A key with dots stands for a topic with slashes: one that has dots itself is its own key.
    const key = topic.includes('.') ? topic : topic.replaceAll('/', '.');
    this.#topics.set(topic, null);
    const isTaken = this.#db.has(key);
    // It is followed already where a record of the application is of this topic.
    if (isTaken && this.#bridge.isMirrored(topic)) return;
    try {
      if (isTaken) throw new Error(`the key '${key}' has a record of another topic`);
      if (schemaType === undefined) throw new Error('the server does not say its contract');
      this.#db.configureRecord(key, { schemaType, buffer: bufferOf(buffer), topic });
      this.#topics.set(topic, this.#db.record(key));
    } catch (error) {
      this.#bridge.report(adoptError(`the topic '${topic}' cannot be adopted`, error));
    }
  }
}

function bufferOf(name: string | undefined): BufferOption {
  if (name === 'SpmcRing') return { type: 'SpmcRing', capacity: RING_CAPACITY };
  return name === 'Mailbox' ? 'Mailbox' : 'SingleLatest';
}

function adoptError(message: string, cause: unknown): AimDbError {
  const words = cause instanceof Error ? `: ${cause.message}` : '';
  return new AimDbError('ADOPT_FAILED', message + words, { cause });
}

/** The patterns of the option `adopt`: one, or a list. */
export function adoptPatterns(adopt: unknown): readonly string[] {
  const list = adopt === undefined ? [] : typeof adopt === 'string' ? [adopt] : adopt;
  // A copy has no holes, which `every` would pass over.
  const patterns: unknown[] = Array.isArray(list) ? [...list] : [undefined];
  if (patterns.every(isText)) return patterns;
  throw badOption('adopt must be a pattern or a list of patterns');
}

/**
 * Says of a topic whether one of the patterns selects it: `*` is one level, `#` at the end its level and all after it.
 * Only beginnings that a pattern has are looked at, however many patterns there are.
 */
export function selector(patterns: readonly string[]): (topic: string) => boolean {
  const whole = new Set<string>();
  const begins = new Set<string>();
  for (const pattern of patterns) {
    let begin = '';
    for (const level of pattern.split('/')) {
      begin += `${level}/`;
      begins.add(begin);
    }
    whole.add(begin);
  }
  const selects = (begin: string, levels: readonly string[], at: number): boolean => {
    if (whole.has(`${begin}#/`)) return true;
    if (at === levels.length) return whole.has(begin);
    const next = (level: string) =>
      begins.has(`${begin}${level}/`) && selects(`${begin}${level}/`, levels, at + 1);
    const level = levels[at] as string;
    return next('*') || (level !== '*' && next(level));
  };
  return (topic) => selects('', topic.split('/'), 0);
}
