/**
 * Text frames of a server, read by the platform's own `JSON.parse` and handed to the engine.
 *
 * Guarantees: a frame is read once; the numbers of a flat value go from the parsed object straight
 * into the scratch area, and what the engine has no use for never crosses.
 * Does not: judge a frame, but for what never crosses: the lists of an answer, and half a character, which no text of the
 * engine holds. `tests/vectors/frames.json` has what each frame is, here and natively.
 */
import type { Engine } from '../../wasm/engine.js';
import type { ContractFile } from '../contract/file.js';
import type { Core } from '../records/core.js';
import { AimDbError } from '../errors.js';
import { isObject, isText, isWhole } from '../options.js';
import { deepFreeze } from '../plain.js';
import type { Frame } from '../records/host.js';
import type { QueryResult, TopicInfo } from '../types.js';

/** Longest frame that is read, in UTF-16 code units; the server's own limit is 8 MiB. */
export const FRAME_LENGTH_MAX = 8 * 1024 * 1024;

/** Lets the session take a frame; gives the topic of a value. What a record's gate refuses is reported. */
export function takeFrame(
  core: Core,
  engine: Engine,
  session: number,
  text: string,
  report: (error: AimDbError) => void,
): string | undefined {
  const parsed = parse(text);
  const { host } = core;
  const line = host.lines.get(session);
  const frame = core.gates > 0 ? passed(core, engine, session, parsed, report) : parsed;
  // What an application runs for a value may end the session, and another one may have its number.
  if (host.lines.get(session) !== line) return undefined;
  host.frame = frame;
  try {
    const { type, topic } = frame ?? {};
    // A text frame is UTF-8: half a character comes as an escape, or not at all.
    const isSound = !text.includes('\\u') || isText(topic);
    if (frame && isValue(type) && typeof topic === 'string' && isSound) {
      const { ts, seq, gap, by, payload } = frame;
      const isSnapshot = type === 'snapshot';
      engine.sessionValue(
        session,
        topic,
        isSnapshot,
        number(ts),
        number(seq),
        number(gap),
        number(by),
        payload,
      );
      return topic;
    } else {
      engine.sessionFrame(session, frame && judged(frame));
    }
    return undefined;
  } finally {
    host.frame = null;
  }
}

/** The frame with its payload as the gate of its record lets it through: without one where it is refused. */
function passed(
  core: Core,
  engine: Engine,
  session: number,
  frame: Frame | undefined,
  report: (error: AimDbError) => void,
): Frame | undefined {
  const { type, topic } = frame ?? {};
  const place = type === 'error' ? 'value' : 'payload';
  const payload = frame?.[place] ?? null;
  const hasValue = isValue(type) || type === 'error';
  if (!hasValue || typeof topic !== 'string' || payload === null) return frame;
  const id = engine.sessionRecord(session, topic);
  const gate = id === undefined ? undefined : core.views[id]?.gate;
  if (!gate) return frame;
  const admitted = gate.admit(payload, engine.older(id as number));
  if (!(admitted instanceof AimDbError)) return { ...frame, [place]: admitted.value };
  report(admitted);
  return { ...frame, [place]: undefined };
}

function isValue(type: unknown): boolean {
  return type === 'data' || type === 'snapshot';
}

/** The value that a write lost against, where the frame that is being taken says so. */
export function winnerIn(
  frame: Frame | null | undefined,
  settled: { readonly outcome: string; readonly number: number },
): { winner?: unknown; winnerSeq?: number } {
  const { type, id, value = null, seq } = frame ?? {};
  const isIt = settled.outcome === 'refused' && type === 'error' && id === settled.number;
  if (!isIt || value === null) return {};
  return {
    winner: deepFreeze(value),
    ...(typeof seq === 'number' && { winnerSeq: seq }),
  };
}

/** The request that an answer is to: the engine names one `r` and its number. */
export function requestOf({ type, id }: Frame): number | undefined {
  if (type !== 'topic_list' && type !== 'query_result' && type !== 'contract_list')
    return undefined;
  const number = /^r(\d+)$/.exec(typeof id === 'string' ? id : '')?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The topics that a `topic_list` names. */
export function topicsOf(frame: Frame | null): TopicInfo[] {
  return list(frame?.topics).map(({ name, schema_type, entity, version, fingerprint, buffer }) => ({
    name: String(name),
    ...(typeof schema_type === 'string' && { schemaType: schema_type, schema_type }),
    ...(typeof entity === 'string' && { entity }),
    ...(typeof version === 'number' && { version }),
    ...(typeof fingerprint === 'string' && { fingerprint }),
    ...(typeof buffer === 'string' && { buffer }),
  }));
}

/** The contract files that a `contract_list` brings. */
export function contractsOf(frame: Frame | null): ContractFile[] {
  return list(frame?.contracts) as unknown as ContractFile[];
}

/** The records that a `query_result` brings. */
export function recordsOf(frame: Frame | null): QueryResult {
  const records = list(frame?.records).map(({ topic, payload, ts }) => ({
    topic: String(topic),
    payload,
    ts: number(ts),
  }));
  return { records, total: number(frame?.total) };
}

/** What is wrong with a field: it is not there, or it is something else. */
type Flaw = 'missing' | 'wrong' | undefined;

/** No value of a field that the protocol has. */
const NONE = false;

/** The frame as the engine is to see it: what it could not judge is taken away, or is none. */
function judged(frame: Frame): Frame {
  const sound = withoutHalves(frame);
  const [field, flawOf] = LISTS.get(frame.type) ?? [];
  const items = field === undefined ? undefined : frame[field];
  if (field === undefined || flawOf === undefined || !Array.isArray(items)) return sound;
  const flaw = items.map(flawOf).find((flaw) => flaw !== undefined);
  if (flaw === undefined) return sound;
  return { ...sound, [field]: flaw === 'missing' ? undefined : NONE };
}

/** Half a character makes a text none, in the frame and in its hello with the contracts there. */
function withoutHalves(frame: Frame): Frame {
  const sound = (value: unknown): unknown => {
    if (typeof value === 'string') return isText(value) ? value : NONE;
    return isObject(value) ? withoutHalves(value) : value;
  };
  const entries = Object.entries(frame).map(([name, value]) => [
    name,
    name === 'contracts' && Array.isArray(value) ? value.map(sound) : sound(value),
  ]);
  return Object.fromEntries(entries);
}

/** The lists of answers, and what is wrong with an element of one. */
const LISTS = new Map<unknown, readonly [string, (item: unknown) => Flaw]>([
  ['subscribed', ['topics', (topic) => (isText(topic) ? undefined : 'wrong')]],
  [
    'topic_list',
    [
      'topics',
      (item) =>
        !isObject(item)
          ? 'wrong'
          : (flawOfText(item.name) ??
            flawOf(item.schema_type, isText) ??
            flawOf(item.entity, isText) ??
            flawOf(item.version, isCount) ??
            flawOf(item.fingerprint, isText) ??
            flawOf(item.buffer, isText)),
    ],
  ],
  [
    'query_result',
    [
      'records',
      (item) =>
        !isObject(item)
          ? 'wrong'
          : (flawOfText(item.topic) ??
            (item.payload === undefined ? 'missing' : undefined) ??
            (isAbsent(item.ts) ? 'missing' : flawOf(item.ts, isCount))),
    ],
  ],
]);

const flawOf = (value: unknown, is: (value: unknown) => boolean): Flaw =>
  isAbsent(value) || is(value) ? undefined : 'wrong';
const flawOfText = (value: unknown): Flaw => (isAbsent(value) ? 'missing' : flawOf(value, isText));
const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const isCount = (value: unknown): boolean => isWhole(value, 0, Number.MAX_SAFE_INTEGER);

/** The object that a text is; nothing if it is none. */
function parse(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return isObject(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

/** NaN where there is none, and a negative number where there is something else. */
function number(value: unknown): number {
  if (typeof value === 'number') return value;
  return isAbsent(value) ? Number.NaN : -1;
}

function list(value: unknown): Frame[] {
  const isFrame = (item: unknown): item is Frame => typeof item === 'object' && item !== null;
  return Array.isArray(value) ? value.filter(isFrame) : [];
}
