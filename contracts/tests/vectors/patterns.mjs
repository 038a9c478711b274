// Writes patterns.json: what V8's own RegExp says of patterns with the flag u. `node patterns.mjs > patterns.json`
// Each line is [pattern, null] if it is refused, else [pattern, [texts in which it is found], [texts in which not]].

const SEED = 20_250_601;
const RANDOM_PATTERNS = 1_500;

// Texts and patterns that somebody chose.
const CHOSEN = [
  '', '^$', '$^', 'a|', '|', '()', '(?:)', '[]', '[^]', '[^]*x', '.', '^.$', '\\b', '\\B', '^\\b', '\\0', '\\00', '\\01',
  '\\1', '(a)\\1', '\\1(a)', '(a\\1)', '(a)\\2', '(?<x>a)\\k<x>', '\\k<x>(?<x>a)', '\\k<x>', '(?<x>a)\\k<y>', '\\k',
  '(?<a>.)(?<b>.)\\k<b>\\k<a>', '(?<\\u{61}>b)\\k<a>', '(?<1>a)', '(?<>a)', '(?<a', '(?a)', '(?', '(', ')', 'a)', '(a',
  '(a*)*', '(a*)+', '(?:a?){3}', '(a?b??)*', '(?:a|ab)(?:c|bcd)(?:d*)', '(z)((a+)?(b+)?(c))*\\2', '(?=(a+))a*b\\1',
  '(.*?)a(?!(a+)b\\2c)\\2(.*)', '(?<=\\1(a))b', '(?<=(a)\\1)b', '(?<=a{2,3})b', '(?<!a|bc)d', '(?<=^|b)a', '(?<=([abc]+)([abc]+))d',
  '(?=a)*', '(?=a)+', '(?!a)?', '(?<=a){2}', '^*', '$+', '\\b+', '\\B?', 'a**', 'a+?', 'a???', 'a{2}{3}', '*', '+a', '?',
  'a{', 'a{1', 'a{,2}', 'a{1,', '{', '}', 'a}', ']', 'a{2,1}', 'a{2}', 'a{2,}', 'a{2,3}?', 'a{0}', 'a{0,0}b', '(?:a{0}){9999999}',
  'a{99999999999}', 'a{0,99999999999}', '(?:ab){2,1000000}', '(?:(?:(?:a{1,90}){1,90}){1,90}){1,90}', '(?:a?){100000}',
  '\\d', '\\D', '\\s', '\\S', '\\w', '\\W', '^\\s+$', '^\\w+$', '[\\d-x]', '[x-\\d]', '[a-]', '[-a]', '[a-c-e]', '[\\d-]', '[--a]', '[+--]',
  '[b-a]', '[\\b]', '[\\B]', '[\\-]', '\\-', '[a&&b]', '[a--b]', '[a~~b]', '[[a]]', '[\\[\\]]', '[^a]', '[^\\d\\D]', '[\\k]', '[\\1]', '[\\0]',
  '[(?i:)]', '[^', '[a', '[a-', '[\\', '\\', '\\/', '/', '\\.', '\\$', '\\_', '\\a', '\\e', '\\i', '\\ ', '\\é', '\\cA', '\\ca', '\\c', '\\c1', '[\\cJ]',
  '\\x61', '\\x6', '\\xg1', '\\u0061', '\\u006', '\\u{61}', '\\u{}', '\\u{110000}', '\\u{10ffff}', '\\u{000000000061}', '\\u', '\\n', '\\t\\v\\f\\r',
  '\\uD83D\\uDE00', '\\uD83D', '\\uDE00', '\\uDE00\\uD83D', '[\\uD83D\\uDE00]', '^[\\uD83D\\uDE00-\\uD83D\\uDE02]$', '^[😀-😂]$', '^😀{2}$', '^.$|^..$', '\\uD83D\\u0061', '[\\uD83D]',
  '\\p{L}', '\\P{L}', '\\p{Lu}', '^\\p{Script=Greek}+$', '\\p{sc=Cyrl}', '\\p{Greek}', '\\p{General_Category=Decimal_Number}', '\\p{Nd}', '\\p{ASCII}', '\\p{Any}', '^\\p{Assigned}',
  '\\p{l}', '\\p{}', '\\p', '\\pL', '\\p{L', '[\\p{L}\\d]', '[^\\p{L}]', '[\\P{L}]', '[^\\P{L}a]', '\\p{RGI_Emoji}', '\\p{Emoji_Presentation}', '\\p{White_Space}', '[\\p{L}-z]',
  '(?i:a)', '(?-i:a)', '(?s:.)', '(?:a)', '(?<a>a)|(?<a>b)', '(?<a>a)(?<a>b)', '(?#a)', '(?>a)', '(?P<a>b)', '(?<a>(?<b>c)\\k<a>)', '\\A', '\\z', '\\Z', '\\h', '\\R', '\\Q', '\\E', '\\G', '\\N',
  '^[A-Z0-9-]+$', '^\\S+@\\S+\\.\\S+$', '^(?:\\d{1,3}\\.){3}\\d{1,3}$', '^(?!.*(.).*\\1)[a-z]+$', '^(?=.*\\d)(?=.*[a-z]).{4,8}$', '^\\p{Lu}\\p{Ll}*$', '(?<year>\\d{4})-(?<month>\\d\\d)',
  'a.c', 'a[^]c', '^\\W*$', '\\u2028', '[\\u2028\\u2029]', '^[\\s]$', '^\\S$', 'ſ', '\\u017f', '[k]', 'K', '^.\\B.$', '(?:^a$)', 'a$b', 'a^b',
];
const TEXTS = [
  '', 'a', 'b', 'ab', 'aa', 'aab', 'aba', 'abab', 'abcd', 'aaa', 'aaaa', 'abc', 'bca', 'd', 'bd', 'bcd', 'aabb', 'zaacbbbcac', 'baaabaac', 'x', 'z-a', '-', '&', '~', '[', ']', '0', '9', '_',
  ' ', '\n', '\r', '\u2028', '\u2029', '\t', '\v', '\u00a0', '\ufeff', '\u180e', '\u0000', '\b', 'é', 'É', 'α', 'Ωω', 'ж', '٣', '😀', '😀😀', '😁', '👩‍🚀', 'a\nc', 'a\u2028c', 'ſ', 'K', 'k', '/', '\\', '.', '$',
  'A-1', 'joe@example.com', '127.0.0.1', '2025-06', 'a1bc', 'Žena', '\u{10ffff}', '\ud7ff',
];

let state = SEED;
const below = (limit) => {
  // A linear congruential generator: the same patterns everywhere.
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
const one = (list) => list[below(list.length)];

const ATOMS = ['a', 'b', 'c', 'a', 'b', 'é', '😀', '.', '\\w', '\\d', '\\s', '\\W', '[ab]', '[^a]', '[a-c]', '[\\wé]', '[^\\s😀]', '\\u{1F600}', '\\p{L}', '\\n', '[]', '[^]'];
const QUANTIFIERS = ['*', '+', '?', '*?', '+?', '??', '{2}', '{0,2}', '{1,3}?', '{2,}', '{0}'];

function pattern(depth) {
  const parts = [];
  for (let count = 1 + below(3); count > 0; count--) parts.push(term(depth));
  const sequence = parts.join('');
  return below(4) === 0 ? `${sequence}|${depth > 0 ? pattern(depth - 1) : term(0)}` : sequence;
}

function term(depth) {
  const kind = below(depth > 0 ? 14 : 6);
  if (kind < 4) return one(ATOMS) + (below(3) === 0 ? one(QUANTIFIERS) : '');
  if (kind === 4) return one(['^', '$', '\\b', '\\B', '']);
  if (kind === 5) return one(['\\1', '\\2', 'a', 'b']);
  const inside = pattern(depth - 1);
  if (kind < 9) return `(${inside})${below(2) === 0 ? one(QUANTIFIERS) : ''}`;
  if (kind < 11) return `(?:${inside})${below(2) === 0 ? one(QUANTIFIERS) : ''}`;
  return `(${one(['?=', '?!', '?<=', '?<!'])}${inside})`;
}

function text() {
  let out = '';
  for (let count = below(7); count > 0; count--) out += one(['a', 'a', 'b', 'b', 'c', 'é', '😀', '1', ' ', '\n']);
  return out;
}

/** A pattern with a character less, more, or another. */
function damaged(whole) {
  const letters = [...whole];
  letters.splice(below(letters.length + 1), below(2), ...(below(2) === 0 ? [] : [one([...'()[]{}*+?|^$\\-,:=!<0129abku'])]));
  return letters.join('');
}

function verdict(source, texts) {
  let expression;
  try {
    expression = new RegExp(source, 'u');
  } catch {
    return [source, null];
  }
  if (/\\[bB]/.test(source)) {
    // Here V8 looks between the two halves of a character, which the standard never does.
    texts = texts.filter((text) => !/[\u{10000}-\u{10ffff}]/u.test(text));
  }
  const found = texts.filter((text) => expression.test(text));
  return [source, found, texts.filter((text) => !found.includes(text))];
}

const lines = CHOSEN.map((source) => verdict(source, TEXTS));
for (let count = 0; count < RANDOM_PATTERNS; count++) {
  const whole = pattern(3);
  const source = count % 3 === 0 ? damaged(whole) : whole;
  if (source.length > 80) continue;
  lines.push(verdict(source, [...new Set([text(), text(), text(), text()])]));
}
process.stdout.write(`[\n${lines.map((line) => JSON.stringify(line)).join(',\n')}\n]\n`);
