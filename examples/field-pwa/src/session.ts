/**
 * The database of this tab and its bridge, over what the device keeps.
 *
 * Guarantees: what is tried again is written before its letter goes. Does not: choose which tab sends; the storage does, and
 * any tab may write.
 */
import init, { type DeadWrite, WasmDb, type WsBridge } from '@aimdb/wasm';
import { type DeviceStorage, openStorage } from '@aimdb/wasm/storage';
import { keyOf, Outbox } from './outbox.js';
import { problems } from './problems.js';
import {
  type Command,
  isSetpoint,
  newId,
  type Records,
  records,
  type Setpoint,
} from './records.js';

export class Session {
  readonly db: WasmDb<Records>;
  readonly storage: DeviceStorage;
  readonly bridge: WsBridge;
  readonly outbox: Outbox;

  private constructor(db: WasmDb<Records>, storage: DeviceStorage, bridge: WsBridge) {
    this.db = db;
    this.storage = storage;
    this.bridge = bridge;
    this.outbox = new Outbox(bridge);
  }

  /** `url` is the server's socket. */
  static async start(url: string): Promise<Session> {
    const [storage] = await Promise.all([openStorage({ onNotice: problems.notice }), init()]);
    const db = new WasmDb().configureRecords(records);
    const writes = await storage.forWrites();
    const bridge = db.connectBridge(url, { subscribeTopics: ['field/#'], storage: writes });
    bridge.onError(problems.error);
    return new Session(db, storage, bridge);
  }

  /** Writes anew what came to nothing. */
  retry(letter: DeadWrite): void {
    const key = keyOf(letter);
    const timestamp = Date.now();
    // What machines are told is told now, and not when it was told first.
    if (key === 'field.commands') {
      this.db.set(key, { ...(letter.value as Command), id: newId(), timestamp });
    } else if (isSetpoint(key)) {
      this.db.set(key, { ...(letter.value as Setpoint), timestamp });
    } else {
      this.bridge.deadLetters.retry(letter.write);
      return;
    }
    this.discard(letter);
  }

  discard(letter: DeadWrite): void {
    this.bridge.deadLetters.discard(letter.write);
  }
}
