/** What the page and the worker of `engines.ts` have in common. */
import init, {
  type ContractFile,
  type EngineInfo,
  engineInfo,
  WasmDb,
  WsBridge,
} from '@aimdb/wasm';

export interface Heard {
  readonly kpa: readonly number[];
  readonly engine: EngineInfo | null;
  /** The code of a value that is refused. */
  readonly refused: string;
}

const PUMP: ContractFile = {
  name: 'pump',
  version: 2,
  fields: [{ name: 'kpa', kind: 'f64', min: 0 }],
};

/** A database that mirrors the pump of a server. */
export async function connected(server: string) {
  await init();
  const db = new WasmDb();
  db.registerContract(PUMP);
  db.configureRecord('plant.hall.pump', { schemaType: 'pump', buffer: 'SingleLatest' });
  const bridge = WsBridge.connect(db, server, { subscribeTopics: ['plant/#'] });
  return { db, bridge };
}

/** The first three values. */
export function hear(db: WasmDb): Promise<Heard> {
  const kpa: number[] = [];
  return new Promise((resolve) => {
    db.subscribe('plant.hall.pump', (value) => {
      kpa.push((value as { kpa: number }).kpa);
      if (kpa.length < 3) return;
      let refused = 'none';
      try {
        db.set('plant.hall.pump', { kpa: -1 });
      } catch (error) {
        refused = (error as { code: string }).code;
      }
      resolve({ kpa, engine: engineInfo(), refused });
    });
  });
}
