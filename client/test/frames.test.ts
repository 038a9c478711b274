/** What each frame of a server is, by the one file that the native decoder is held to as well. */
import { type AimDbError, WsBridge, type WebSocketConstructor } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import frames from '../../tests/vectors/frames.json' with { type: 'json' };
import { freshDatabases, turn } from './support/db.js';

interface Said {
  /** The normal form; `true` for the frame as it is. */
  readonly is?: string | boolean;
  /** Why it is none. */
  readonly refused?: string;
}
interface Vector extends Said {
  readonly frame: string;
  /** What it is here, where it is another thing natively; see `ws-protocol/tests/vectors.rs`. */
  readonly tab?: Said;
}

const database = freshDatabases();
const HELLO = '{"type":"pong","hello":{"v":3,"server":"s","contracts":[]}}';

/** A socket that is open at once, to a server that says what the test says. */
class Scripted extends EventTarget {
  static newest: Scripted;
  binaryType = 'blob';
  readyState = 1;

  constructor(readonly url: string) {
    super();
    Scripted.newest = this;
    queueMicrotask(() => this.dispatchEvent(new Event('open')));
  }
  send(): void {}
  close(): void {}
  says(data: string): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

type Parts = Record<string, unknown>;
const parsed = (text: string): Parts => {
  try {
    return (JSON.parse(text) ?? {}) as Parts;
  } catch {
    return {};
  }
};

/** A session that has heard a frame: its errors, its record, and what the request that the frame may answer got. */
async function after({ frame }: Vector) {
  const { topic, type, id } = parsed(frame);
  const db = database();
  const options = { schemaType: 'json', buffer: 'SingleLatest' } as const;
  // Topics that cannot be one of a record are judged by errors alone.
  const mirrored = typeof topic === 'string' && /^[a-z/]+$/.test(topic) && topic.length < 99;
  if (mirrored) db.configureRecord('record', { ...options, topic });
  const bridge = WsBridge.connect(db, 'ws://127.0.0.1:1', {
    subscribeTopics: ['#'],
    WebSocket: Scripted as unknown as WebSocketConstructor,
  });
  const errors: string[] = [];
  bridge.onError((error: AimDbError) => errors.push(error.code));
  await turn();
  Scripted.newest.says(HELLO);
  await turn();
  const asked = { answer: undefined as unknown, code: undefined as string | undefined };
  const ask = () => {
    if (type === 'query_result') return bridge.query('#');
    return type === 'contract_list' ? bridge.contracts(['a']) : bridge.listTopics();
  };
  // Requests are named r1, r2, …: the last one is what the frame answers.
  const count = Number(/^r(\d)$/.exec(String(id))?.[1] ?? 0);
  for (let number = 1; number <= count; number++) {
    const request = number === count ? ask() : bridge.listTopics();
    request.then(
      (answer) => number === count && Object.assign(asked, { answer }),
      ({ code }) => number === count && Object.assign(asked, { code }),
    );
  }
  Scripted.newest.says(frame);
  await turn();
  const value = mirrored ? db.get('record') : null;
  return { errors, value, ...asked, isMirrored: mirrored };
}

/** What an answer becomes. */
function answered(frame: Parts): unknown {
  const { type, topics, contracts, records, total } = frame;
  if (type === 'topic_list') {
    return (topics as Parts[]).map((topic) =>
      topic.schema_type === undefined ? topic : { ...topic, schemaType: topic.schema_type },
    );
  }
  // A contract file is an object.
  const files = (contracts as unknown[] | undefined)?.filter((file) => Object(file) === file);
  return type === 'contract_list' ? files : { records, total };
}

const vectors: readonly Vector[] = frames;

test.each(vectors.map((vector) => [vector.frame.slice(0, 120), vector] as const))(
  'a frame is what the file says: %s',
  async (_, vector) => {
    const { is, refused } = vector.tab ?? vector;
    const { errors, value, answer, code, isMirrored } = await after(vector);
    if (refused !== undefined) {
      // A newer server may say more than is understood here.
      expect(errors).toEqual(refused === 'unknown_type' ? [] : [refused.toUpperCase()]);
      expect({ value, answer }).toEqual({ value: null, answer: undefined });
      const { type, id } = parsed(vector.frame);
      const isAnswer =
        /^(topic_list|query_result|contract_list)$/.test(String(type)) && id === 'r1';
      expect(code).toBe(isAnswer ? 'FRAME_INVALID' : undefined);
      return;
    }
    const normal = parsed(is === true ? vector.frame : String(is));
    expect(errors).toEqual(normal.type === 'error' ? [normal.code] : []);
    if ((normal.type === 'data' || normal.type === 'snapshot') && isMirrored) {
      expect(value).toEqual(normal.payload ?? null);
    }
    if (/^(topic_list|query_result|contract_list)$/.test(String(normal.type))) {
      expect(answer).toEqual(answered(normal));
    }
  },
);
