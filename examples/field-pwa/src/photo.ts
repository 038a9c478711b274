/**
 * Photos as bytes of a record: made small enough to be sent in one frame, and shown again.
 *
 * Guarantees: at most `PHOTO_BYTES_MAX`, whatever the camera gives. Does not: keep where a photo was taken; what a camera
 * writes beside the picture stays behind.
 */

/** As base64 in a frame of 64 KiB there is room for so much, with all the rest. */
export const PHOTO_BYTES_MAX = 40_000;
/** What one field of bytes holds. */
const PART_BYTES = 16 * 1024;
/** The longest side, in pixels, and the quality: the first pair that is small enough is taken. */
const TRIES = [
  [1024, 0.7],
  [1024, 0.55],
  [896, 0.5],
  [768, 0.5],
  [640, 0.45],
  [512, 0.4],
  [384, 0.35],
  [256, 0.3],
] as const;

export interface SmallPhoto {
  readonly width: number;
  readonly height: number;
  readonly jpeg: readonly Uint8Array[];
}

/** Rejects what is no picture that this browser can read. */
export async function shrink(file: Blob): Promise<SmallPhoto> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    for (const [side, quality] of TRIES) {
      const scale = Math.min(1, side / Math.max(picture.width, picture.height));
      const width = Math.max(1, Math.round(picture.width * scale));
      const height = Math.max(1, Math.round(picture.height * scale));
      const blob = await jpegOf(picture, width, height, quality);
      if (blob.size <= PHOTO_BYTES_MAX) {
        return { width, height, jpeg: parts(new Uint8Array(await blob.arrayBuffer())) };
      }
    }
  } finally {
    picture.close();
  }
  throw new Error('the picture does not become small enough');
}

async function jpegOf(
  picture: ImageBitmap,
  width: number,
  height: number,
  quality: number,
): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no canvas');
  // A JPEG has no transparency: what is clear becomes white and not black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    const take = (blob: Blob | null) =>
      blob ? resolve(blob) : reject(new Error('this browser writes no JPEG'));
    canvas.toBlob(take, 'image/jpeg', quality);
  });
}

function parts(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / PART_BYTES);
  return Array.from({ length: count }, (_, at) =>
    bytes.slice(at * PART_BYTES, (at + 1) * PART_BYTES),
  );
}

const urls = new Map<string, string>();

/** An address for a picture; the same for the same id. Its parts are bytes, or base64 where they are text. */
export function pictureUrl(id: string, jpeg: readonly (Uint8Array | string)[]): string {
  const known = urls.get(id);
  if (known) return known;
  const bytes = jpeg.map((part) => {
    return typeof part === 'string' ? fromBase64(part) : new Uint8Array(part);
  });
  const url = URL.createObjectURL(new Blob(bytes, { type: 'image/jpeg' }));
  urls.set(id, url);
  return url;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
