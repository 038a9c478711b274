//! Writes the conversions of numbers to integers that end at the bounds out, as functions of a module's own.
//!
//! wasm2js and binaryen's `--llvm-nontrapping-fptoint-lowering` make something else of what is beyond the bounds, or no number, and
//! Rust's `as` means exactly these. Each function asks for the bounds, and converts what is between them.

use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, Function, FunctionSection, Instruction, InstructionSink, Module,
    TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, FunctionSectionReader, Operator, Parser, Payload, TypeRef, TypeSectionReader,
};

/// One conversion: of a kind of number, to integers.
struct Conversion {
    from: ValType,
    to: ValType,
    is_signed: bool,
}

const fn conversion(from: ValType, to: ValType, is_signed: bool) -> Conversion {
    Conversion {
        from,
        to,
        is_signed,
    }
}

/// All that there are, in the order in which the functions are added.
const CONVERSIONS: [Conversion; 8] = [
    conversion(ValType::F32, ValType::I32, true),
    conversion(ValType::F32, ValType::I32, false),
    conversion(ValType::F64, ValType::I32, true),
    conversion(ValType::F64, ValType::I32, false),
    conversion(ValType::F32, ValType::I64, true),
    conversion(ValType::F32, ValType::I64, false),
    conversion(ValType::F64, ValType::I64, true),
    conversion(ValType::F64, ValType::I64, false),
];

/// The place in `CONVERSIONS` of what an instruction does.
fn place_of(operator: &Operator<'_>) -> Option<u32> {
    Some(match operator {
        Operator::I32TruncSatF32S => 0,
        Operator::I32TruncSatF32U => 1,
        Operator::I32TruncSatF64S => 2,
        Operator::I32TruncSatF64U => 3,
        Operator::I64TruncSatF32S => 4,
        Operator::I64TruncSatF32U => 5,
        Operator::I64TruncSatF64S => 6,
        Operator::I64TruncSatF64U => 7,
        _ => return None,
    })
}

/// The module with the functions in it, and calls of them.
pub(super) fn written_out(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut writer = Writer::of(module).map_err(|error| error.to_string())?;
    let mut written = Module::new();
    writer
        .parse_core_module(&mut written, Parser::new(0), module)
        .map_err(|error| error.to_string())?;
    Ok(written.finish())
}

/// Writes a module again.
struct Writer {
    types: u32,
    /// How many functions there are, imported ones included.
    functions: u32,
}

impl Writer {
    fn of(module: &[u8]) -> wasmparser::Result<Writer> {
        let mut writer = Writer {
            types: 0,
            functions: 0,
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => writer.types = types.count(),
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        writer.functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(functions) => writer.functions += functions.count(),
                _ => {}
            }
        }
        Ok(writer)
    }
}

type Rewritten<T> = Result<T, reencode::Error<Infallible>>;

impl Reencode for Writer {
    type Error = Infallible;

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Rewritten<Instruction<'a>> {
        match place_of(&operator) {
            Some(place) => Ok(Instruction::Call(self.functions + place)),
            None => utils::instruction(self, operator),
        }
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_type_section(self, types, section)?;
        for Conversion { from, to, .. } in &CONVERSIONS {
            types.ty().function([*from], [*to]);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_function_section(self, functions, section)?;
        for place in (0..).take(CONVERSIONS.len()) {
            functions.function(self.types + place);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_code_section(self, code, section)?;
        for conversion in &CONVERSIONS {
            code.function(&conversion.function());
        }
        Ok(())
    }
}

impl Conversion {
    /// `x >= end ? greatest : x >= start ? convert(x) : x != x ? 0 : least`.
    ///
    /// What lies between `start` and the next integer below it is cut to `start`, as it should be.
    fn function(&self) -> Function {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.local_get(0);
        self.number(&mut code, self.end());
        self.is_at_least(&mut code);
        code.if_(BlockType::Result(self.to));
        self.integer(&mut code, self.greatest());
        code.else_().local_get(0);
        self.number(&mut code, self.start());
        self.is_at_least(&mut code);
        code.if_(BlockType::Result(self.to)).local_get(0);
        self.convert(&mut code);
        code.else_();
        self.integer(&mut code, 0);
        self.integer(&mut code, self.least());
        code.local_get(0).local_get(0);
        match self.from {
            ValType::F32 => code.f32_ne(),
            _ => code.f64_ne(),
        };
        code.select().end().end().end();
        function
    }

    fn bits(&self) -> i32 {
        let bits = if self.to == ValType::I32 { 32 } else { 64 };
        bits - i32::from(self.is_signed)
    }

    /// The first number beyond the greatest integer.
    fn end(&self) -> f64 {
        2f64.powi(self.bits())
    }

    fn start(&self) -> f64 {
        if self.is_signed { -self.end() } else { 0.0 }
    }

    /// The bits of the greatest integer, and of the least.
    fn greatest(&self) -> i64 {
        match (self.is_signed, self.to) {
            (true, ValType::I32) => i64::from(i32::MAX),
            (true, _) => i64::MAX,
            (false, _) => -1,
        }
    }

    fn least(&self) -> i64 {
        match (self.is_signed, self.to) {
            (true, ValType::I32) => i64::from(i32::MIN),
            (true, _) => i64::MIN,
            (false, _) => 0,
        }
    }

    fn number(&self, code: &mut InstructionSink<'_>, number: f64) {
        // Powers of two, which both kinds have.
        match self.from {
            ValType::F32 => code.f32_const((number as f32).into()),
            _ => code.f64_const(number.into()),
        };
    }

    fn integer(&self, code: &mut InstructionSink<'_>, integer: i64) {
        match self.to {
            ValType::I32 => code.i32_const(integer as i32),
            _ => code.i64_const(integer),
        };
    }

    fn is_at_least(&self, code: &mut InstructionSink<'_>) {
        match self.from {
            ValType::F32 => code.f32_ge(),
            _ => code.f64_ge(),
        };
    }

    fn convert(&self, code: &mut InstructionSink<'_>) {
        match (self.to, self.from, self.is_signed) {
            (ValType::I32, ValType::F32, true) => code.i32_trunc_f32_s(),
            (ValType::I32, ValType::F32, false) => code.i32_trunc_f32_u(),
            (ValType::I32, _, true) => code.i32_trunc_f64_s(),
            (ValType::I32, _, false) => code.i32_trunc_f64_u(),
            (_, ValType::F32, true) => code.i64_trunc_f32_s(),
            (_, ValType::F32, false) => code.i64_trunc_f32_u(),
            (_, _, true) => code.i64_trunc_f64_s(),
            (_, _, false) => code.i64_trunc_f64_u(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{CONVERSIONS, written_out};
    use std::process::Command;
    use wasm_encoder::{
        CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, TypeSection,
        ValType,
    };

    /// A module with one function for each conversion, by its own instruction.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();
        for (place, conversion) in (0..).zip(&CONVERSIONS) {
            types.ty().function([conversion.from], [conversion.to]);
            functions.function(place);
            exports.export(&format!("f{place}"), ExportKind::Func, place);
            let mut function = Function::new([]);
            let mut body = function.instructions();
            body.local_get(0);
            match (conversion.to, conversion.from, conversion.is_signed) {
                (ValType::I32, ValType::F32, true) => body.i32_trunc_sat_f32_s(),
                (ValType::I32, ValType::F32, false) => body.i32_trunc_sat_f32_u(),
                (ValType::I32, _, true) => body.i32_trunc_sat_f64_s(),
                (ValType::I32, _, false) => body.i32_trunc_sat_f64_u(),
                (_, ValType::F32, true) => body.i64_trunc_sat_f32_s(),
                (_, ValType::F32, false) => body.i64_trunc_sat_f32_u(),
                (_, _, true) => body.i64_trunc_sat_f64_s(),
                (_, _, false) => body.i64_trunc_sat_f64_u(),
            };
            body.end();
            code.function(&function);
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&exports)
            .section(&code);
        module.finish()
    }

    const COMPARE: &str = "
        const [one, other] = process.argv.slice(1).map((bytes) =>
            new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(bytes, 'hex'))).exports);
        const numbers = [NaN, Infinity, -Infinity, 0, -0, 0.5, -0.5, -0.9999, -1, 5e-324];
        for (const power of [31, 32, 53, 63, 64, 65, 1000]) {
            for (const sign of [1, -1]) {
                const edge = sign * 2 ** power;
                numbers.push(edge, edge - 1, edge + 1, edge - 0.5, edge + 0.5, edge * (1 - 2 ** -52), edge * (1 - 2 ** -24), edge * 1.0000001);
            }
        }
        for (let n = 0; n < 20000; n++) numbers.push((Math.random() - 0.5) * 2 ** (Math.random() * 70));
        for (const name of Object.keys(one)) {
            for (const number of numbers) {
                if (one[name](number) !== other[name](number)) throw new Error(`${name}(${number})`);
            }
        }
        console.log(Object.keys(one).length * numbers.length);
    ";

    #[test]
    fn the_functions_do_what_the_instructions_do() {
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
        let before = module();
        let after = written_out(&before).unwrap_or_default();
        // Of what saturates nothing is left: each such instruction begins with this byte.
        assert!(before.contains(&0xfc) && after.len() > before.len());
        let compared = Command::new("node")
            .args(["-e", COMPARE, "--", &hex(&before), &hex(&after)])
            .output();
        match compared {
            Ok(output) => {
                let words = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{words}");
                let count: u32 = String::from_utf8_lossy(&output.stdout)
                    .trim()
                    .parse()
                    .unwrap_or(0);
                assert!(count > 160_000);
            }
            Err(problem) => println!("NOT RUN: there is no node ({problem})"),
        }
    }
}
