//! 人员资料或文件哪里有误，该怎么写。

use crate::{
    i18n::bad_value::{BadFile, BadHeader, BadValue, Damage, Reader},
    ids::InvalidId,
};

pub(super) fn value(bad: &BadValue) -> String {
    match bad {
        BadValue::CorpId(why) => format!("{}；请从钉钉开发者后台重新复制 CorpId", id(*why)),
        BadValue::Userid(why) => format!("{}；请照钉钉管理后台的员工 UserID 填写", id(*why)),
        BadValue::Unionid(why) => format!("{}；请照钉钉显示的 unionid 填写", id(*why)),
        BadValue::NoName => "为空；请填写姓名".into(),
        BadValue::Email => "不是邮箱地址；请填写邮箱，例如 li@example.com，或留空".into(),
        BadValue::LevelWithoutName => {
            "有一级部门没有名称；上下级之间只写一个“/”，首尾不写；名称里的斜杠请写成全角“／”".into()
        }
        BadValue::BeginsLikeRole(begin) => {
            format!("有部门名以 {begin:?} 开头，这个写法另有含义；请把其中的冒号改成全角“：”")
        }
        BadValue::Invisible(c) => format!("含有看不见的字符 U+{:04X}；请重新输入部门名", u32::from(*c)),
        BadValue::LongDepartment(most) => format!("有部门名超过 {most} 个字符；请写短一些"),
        BadValue::LineBreak => "含有换行；请写成一行".into(),
        BadValue::ControlCharacter => "含有控制字符；请重新输入".into(),
        BadValue::TooLong(most) => format!("太长；最多 {most} 个字符"),
        BadValue::Rounded => format!("是{ROUNDED}"),
        BadValue::Role { in_chinese: false } => "请填写 user 或 admin".into(),
        BadValue::Role { in_chinese: true } => "请填写“普通成员”或“管理员”".into(),
        BadValue::Status { in_chinese: false } => "请填写 active 或 disabled".into(),
        BadValue::Status { in_chinese: true } => "请填写“启用”或“停用”".into(),
        BadValue::NoSuchCorp(known) => format!("没有配置这个企业；请填写 {}", known.join(" 或 ")),
        BadValue::AlreadyOnLine(line) => format!("与第 {line} 行重复；请只保留一行"),
        BadValue::NamelessColumn => "所在的列没有列名；请在第一行写上列名".into(),
        BadValue::TooFewCells { has, columns } => {
            format!("只有 {has} 格，应有 {columns} 格；请补上缺少的逗号（在 Excel 中，可让最后一列都有内容）")
        }
        BadValue::TooManyCells { has, columns, is_csv } => {
            let cure = if *is_csv {
                "含有逗号的内容请用引号括起来"
            } else {
                "请给多出的列也写上列名"
            };
            format!("有 {has} 格，第一行却只有 {columns} 列；{cure}")
        }
        BadValue::OpenQuotationMark => "引号不成对；内容里的引号要写两个，整格内容再用引号括起来".into(),
        BadValue::NeverCalculated(cell) => format!("单元格 {cell} 的公式还没有计算；请在 Excel 中打开并保存"),
        BadValue::RoundedNumber(cell) => format!("单元格 {cell} 是{ROUNDED}"),
        BadValue::Date(cell) => format!("单元格 {cell} 是日期；请把这一列设为文本格式，再重新输入"),
        BadValue::FormulaError(cell) => format!("单元格 {cell} 是错误值；请改正公式，或直接填写内容"),
        BadValue::MergedAcross(cells) => format!("单元格 {cells} 横向合并了；请在表格软件中取消合并"),
    }
}

const ROUNDED: &str = "被表格软件舍入过的数字；请把这一列设为文本格式，再重新输入";

pub(super) fn id(why: InvalidId) -> &'static str {
    match why {
        InvalidId::Empty => "为空",
        InvalidId::TooLong => "超过 128 字节",
        InvalidId::Character => "含有空格、逗号或控制字符",
    }
}

pub(super) fn row(line: usize, column: Option<&str>, value: &str, problem: &str) -> String {
    let column = column.map(|column| format!("，{column}")).unwrap_or_default();
    format!("第 {line} 行{column}{value}：{problem}")
}

pub(super) fn file(bad: &BadFile, reader: Reader) -> String {
    match bad {
        BadFile::TooLarge(most) => format!("超过 {most} MB；{RIGHT_FILE}请分批导入"),
        BadFile::Utf16 => "是 UTF-16 编码；请在 Excel 中“另存为”“CSV UTF-8（逗号分隔）”".into(),
        BadFile::NeitherEncoding { line } => {
            format!("第 {line} 行既不是 UTF-8，也不是 GB18030；请另存为 CSV UTF-8 或 GB18030")
        }
        BadFile::TooManyCells(most) => format!("超过 {most} 个单元格；{RIGHT_FILE}请分批导入"),
        BadFile::Encrypted => "有密码保护；请在 Excel 中依次点“文件”“信息”“保护工作簿”，取消密码".into(),
        BadFile::OldWorkbook => format!("是旧版工作簿（.xls）；{SAVE_AS}"),
        BadFile::NoWorkbook => format!("是 ZIP 文件，但不是工作簿（.xlsx）；{SAVE_AS}"),
        BadFile::Damaged(damage) => format!(
            "是工作簿，但无法读取（{}）；请在 Excel 中打开并重新保存，或另存为 CSV UTF-8",
            match damage {
                Damage::NotAsExcel => "与 Excel 的写法不同",
                Damage::Part => "有一部分已损坏",
                Damage::NotUtf8 => "文字不是 UTF-8 编码",
                Damage::Said(said) => said,
            }
        ),
        BadFile::UnpacksToMore(most) => format!("解压后超过 {most} MB；{RIGHT_FILE}请另存为 CSV UTF-8，或分批导入"),
        BadFile::TooWide { cell, most } => format!("单元格 {cell} 有内容；只读取前 {most} 列，请删除后面的内容"),
        BadFile::NothingShown => "没有隐藏的工作表都是空的".into(),
        BadFile::NoSheet { wanted, has } => format!("没有名为 {wanted:?} 且有内容的工作表；现有：{}", quoted(has)),
        BadFile::Header { sheet, line, problem } => {
            let sheet = sheet.as_ref().map(|sheet| format!("工作表 {sheet:?}：")).unwrap_or_default();
            let line = line.map_or("第一行".to_owned(), |line| format!("第 {line} 行"));
            format!("{sheet}{line}{}", header(problem, reader))
        }
    }
}

const RIGHT_FILE: &str = "请确认没有选错文件；如果没错，";
const SAVE_AS: &str = "请在 Excel 中“另存为”“Excel 工作簿（.xlsx）”";

fn header(bad: &BadHeader, reader: Reader) -> String {
    match bad {
        BadHeader::Missing => "没有内容；应写列名，例如 userid,name,department".into(),
        BadHeader::Unreadable(problem) => format!("无法读取：{}", value(problem)),
        BadHeader::BadCell { shown, problem } => format!("的 {shown:?} 不是列名：{}", value(problem)),
        BadHeader::Twice(name) => format!("有两列 {name:?}；请只保留一列"),
        BadHeader::Lacks(name) => format!("缺少 {name:?} 列；userid（员工UserID）和 name（姓名）必须有"),
        BadHeader::LacksCorp(corps) => {
            format!("缺少 \"corp_id\" 列；配置了多个企业时必须有：{}", corps.join("、"))
        }
        BadHeader::Unknown { names, known } => {
            let cure = match reader {
                Reader::Terminal => "可用 --ignore-unknown 忽略",
                Reader::Page => "可勾选“忽略不认识的列”",
            };
            format!("有不认识的列：{}；可用的列：{}；{cure}", quoted(names), known.join("、"))
        }
        BadHeader::Misspelt { name, known } => format!("有不认识的列 {name:?}；是不是 {known:?}？"),
        BadHeader::NoCommas(line) => {
            format!("是 {line:?}；列之间请用逗号隔开（在 Excel 中另存为“CSV UTF-8（逗号分隔）”）")
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join("、")
}
