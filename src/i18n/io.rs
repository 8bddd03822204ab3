//! Why a file or an address cannot be used. The system says it in English.

use std::io::{self, ErrorKind};

use super::Locale;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IoFailure {
    pub kind: ErrorKind,
    /// The system's own text.
    pub english: String,
}

impl IoFailure {
    /// The system's text inside a longer one.
    pub fn quoted_in(english: &str) -> Self {
        let phrases = [
            ("Connection refused", ErrorKind::ConnectionRefused),
            ("Connection reset", ErrorKind::ConnectionReset),
            ("timed out", ErrorKind::TimedOut),
        ];
        let found = phrases.into_iter().find(|(phrase, _)| english.contains(phrase));
        Self { kind: found.map_or(ErrorKind::Other, |(_, kind)| kind), english: english.to_owned() }
    }

    pub fn text(&self, locale: Locale) -> String {
        let chinese = match (locale, self.kind) {
            (Locale::En, _) => None,
            (Locale::ZhCn, ErrorKind::NotFound) => Some("文件不存在"),
            (Locale::ZhCn, ErrorKind::PermissionDenied) => Some("没有权限"),
            (Locale::ZhCn, ErrorKind::AlreadyExists) => Some("已存在"),
            (Locale::ZhCn, ErrorKind::IsADirectory) => Some("是一个目录"),
            (Locale::ZhCn, ErrorKind::NotADirectory) => Some("路径中有一级不是目录"),
            (Locale::ZhCn, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => Some("磁盘已满"),
            (Locale::ZhCn, ErrorKind::ReadOnlyFilesystem) => Some("文件系统只读"),
            (Locale::ZhCn, ErrorKind::AddrInUse) => Some("地址已被占用"),
            (Locale::ZhCn, ErrorKind::AddrNotAvailable) => Some("本机没有这个地址"),
            (Locale::ZhCn, ErrorKind::ConnectionRefused) => Some("连接被拒绝"),
            (Locale::ZhCn, ErrorKind::ConnectionReset) => Some("连接被中断"),
            (Locale::ZhCn, ErrorKind::TimedOut) => Some("超时"),
            (Locale::ZhCn, ErrorKind::InvalidData) => Some("内容不是有效的文字"),
            // It has no kind of its own.
            (Locale::ZhCn, _) if self.english.contains("failed to lookup address") => Some("无法解析域名"),
            (Locale::ZhCn, _) => None,
        };
        chinese.unwrap_or(&self.english).to_owned()
    }
}

impl From<&io::Error> for IoFailure {
    fn from(error: &io::Error) -> Self {
        Self { kind: error.kind(), english: error.to_string() }
    }
}
