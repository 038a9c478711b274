/**
 * Text frames of a server, read by the platform's own `JSON.parse` and handed to the engine.
 *
 * Guarantees: a frame is read once; the numbers of a flat value go from the parsed object straight
 * into the scratch area, and what the engine has no use for never crosses.
 * Does not: judge a frame; the session in the engine does.
 */
import type { Engine } from '../../wasm/engine.js';
import type { ContractFile } from '../contract/file.js';
import type { Core } from '../records/core.js';
import { AimDbError } from '../errors.js';
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
    if (frame && isValue(type) && typeof topic === 'string') {
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
      engine.sessionFrame(session, frame);
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
  const { type, topic, payload = null } = frame ?? {};
  if (!isValue(type) || typeof topic !== 'string' || payload === null) return frame;
  const id = engine.sessionRecord(session, topic);
  const gate = id === undefined ? undefined : core.views[id]?.gate;
  if (!gate) return frame;
  const admitted = gate.admit(payload, engine.older(id as number));
  if (!(admitted instanceof AimDbError)) return { ...frame, payload: admitted.value };
  report(admitted);
  return { ...frame, payload: undefined };
}

function isValue(type: unknown): boolean {
  return type === 'data' || type === 'snapshot';
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

/** The object that a text is; nothing if it is none. */
function parse(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === 'object' && frame !== null ? (frame as Frame) : undefined;
  } catch {
    return undefined;
  }
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

function list(value: unknown): Frame[] {
  const isFrame = (item: unknown): item is Frame => typeof item === 'object' && item !== null;
  return Array.isArray(value) ? value.filter(isFrame) : [];
}
