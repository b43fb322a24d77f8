//! The same screens in Chinese, where most characters take two columns.

use super::*;
use crate::client::update::MissingSearch;
use crate::wire::{Answer, Refusal, Role, RoomInfo};

fn chinese(mut desk: Desk) -> Desk {
    desk.app.viewer.language = Language::Chinese;
    desk
}

/// Alice in a lobby with others, reading Chinese.
fn desk() -> Desk {
    chinese(Desk::entered())
}

#[test]
fn a_talk() {
    let mut desk = chinese(screens::talk());
    desk.shows(
        80,
        24,
        r#"
 1 #lobby                                                              the roof
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 3 人在场
                                                                │ ● alice 你
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
                                                                │
                                                                │
──────────────────── 2026年11月23日 星期一 ──────────────────── │
12:00             →  bob 加入了房间                             │
12:00           bob  good morning! does anybody know where the  │
                     long ladder went?                          │
12:01             *  carol points at the shed                   │
12:01             ·  bob 把话题设为：the roof                   │
12:03 ✓✓      alice  it was there yesterday                     │
12:04           bob  thanks alice                               │
                     I'll have a look:                          │
                         1. shed                                │
                         2. garage                              │
12:04             ←  dave 退出了房间                            │
12:04  …      alice  good luck                                  │
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 %  未发送 1 ───┴───────────────
> 发消息到 #lobby，或输入 /help
"#,
    );
}

#[test]
fn the_help() {
    let mut desk = desk();
    desk.enter_line("/help");
    desk.shows(
        80,
        24,
        r"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                     /theme [主题]       屏幕的配色             │ 3 人在场
                     /clear              清空此窗格             │ ● alice 你
                     /quit               退出 lanterm           │ ● bob
                     Alt-Enter           换行                   │ ◐ carol
                     Tab                 补全命令、名字或房间   │ ○ dave
                     Esc                 选择一条消息：回复、反 │
                     应、编辑、复制                             │
                     Ctrl-K              转到房间、人、命令或设 │
                     置                                         │
                     Ctrl-F              查找消息               │
                     Alt-A               去下一个有未读消息的房 │
                     间                                         │
                     PgUp                向上滚动               │
                     Ctrl-C              清空输入；按两次退出   │
                     F1                  显示所有按键           │
                     …   在本设备的发件箱里等待                 │
                     ✓   已存储：在中继的磁盘上                 │
                     ◦   中继保存着，只在其内存里               │
                     ✓✓  已在别人的设备上                       │
                     ✗   被拒绝，附有原因                       │
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ─────────────┴───────────────
> 发消息到 #lobby，或输入 /help
",
    );
}

#[test]
fn all_keys() {
    let mut desk = desk();
    desk.app
        .handle_key(KeyEvent::new(KeyCode::F(1), KeyModifiers::NONE));
    desk.shows(
        80,
        24,
        r"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                     PgDn                      向下一屏         │ 3 人在场
                     [list-page-down]                           │ ● alice 你
                     Ctrl-Home                 第一项           │ ● bob
                     [list-first]                               │ ◐ carol
                     Ctrl-End                  最后一项         │ ○ dave
                     [list-last]                                │
                     Enter                     转到那里         │
                     [list-take]                                │
                     Tab                       搜索所有房间，或 │
                     只搜这一个  [list-scope]                   │
                     Esc                       关闭列表         │
                     [list-close]                               │
                     随时：                                     │
                     Ctrl-L                    全部重新绘制     │
                     [redraw]                                   │
                     Ctrl-C                    清空输入；按两次 │
                     退出  [interrupt]                          │
                     Ctrl-D                    退出  [quit]     │
                     方括号里是它在 config.toml 的 [keys] 中的  │
                     名称。                                     │
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ─────────────┴───────────────
> 发消息到 #lobby，或输入 /help
",
    );
}

#[test]
fn what_happens_in_a_room() {
    let mut desk = desk();
    desk.event("bob", Body::Join);
    desk.event("bob", Body::Rename(name("rob")));
    desk.event("rob", Body::Topic(SafeText::new("屋顶")));
    desk.event("rob", Body::Topic(SafeText::default()));
    desk.event("rob", Body::Role(name("carol"), Role::Operator));
    desk.event("rob", Body::Role(name("carol"), Role::Member));
    desk.event("carol", Body::Redaction(Seq(1)));
    desk.says("carol", "梯子在哪儿？");
    desk.event("carol", Body::Redaction(Seq(8)));
    desk.says("carol", "梯子在哪？");
    desk.event("carol", Body::Edit(Seq(10), SafeText::new("长梯子在哪？")));
    desk.event("rob", Body::Leave);
    desk.shows(
        80,
        24,
        r#"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 3 人在场
                                                                │ ● alice 你
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
──────────────────── 2026年11月23日 星期一 ──────────────────── │
12:00             ·  bob 加入了房间；bob 改名为 rob             │
12:00             ·  rob 把话题设为：屋顶                       │
12:00             ·  rob 清除了话题                             │
12:00             ·  rob 把 carol 设为管理员                    │
12:00             ·  rob 把 carol 设为普通成员                  │
12:00         carol  消息已撤回                                 │
12:00         carol  长梯子在哪？                               │
                     已编辑                                     │
12:00             ←  rob 退出了房间                             │
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ─────────────┴───────────────
> 发消息到 #lobby，或输入 /help
"#,
    );
}

#[test]
fn a_search() {
    let mut desk = chinese(searching::ladders());
    desk.shows(
        80,
        24,
        r"
 1 #lobby
────────────────────────────────────────────────────────────────────────────────
搜索： ladder
所有房间：找到 3 条                                                  Tab: #lobby
> 2026年11月23日 12:00  #lobby  bob
  does anybody know where the long ladder went?
  2026年11月23日 12:00  @bob  bob
  your Ladder is in my shed, and has been for a year
  2026年11月23日 12:00  #lobby  carol
  x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
  x x x x x the ladder at last











─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ── Enter 转到那里，Esc 关闭 ─
> 发消息到 #lobby，或输入 /help
",
    );
}

#[test]
fn a_changed_key() {
    let mut desk = desk();
    desk.update(Update::Contact(Contact::KeyChanged {
        relay_name: name("box1"),
        relay: RelayId([9; 8]),
        pinned: [0x5f; 32],
        found: [0xab; 32],
    }));
    desk.shows(
        80,
        24,
        r#"
 中继 box1 的密钥变了

 之前
 5f5f 5f5f 5f5f 5f5f 5f5f 5f5f 5f5f 5f5f
 现在
 abab abab abab abab abab abab abab abab

 要么它重新设置过，要么另一台机器在冒充它，会读取并篡改大家说的话。继续之前请先
 问管理它的人。

 输入 trust 并按 Enter 继续，按 Esc 退出。

 >
"#,
    );
}

#[test]
fn a_user_alone() {
    let mut desk = chinese(Desk::searching());
    desk.app.tick(Timestamp(NOON + 6_000_000));
    desk.shows(
        80,
        24,
        r#"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 0 人在场
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
12:00             ·  还没有找到中继。找过的网络接口：无（没有已 │
                     启用的）；仍在寻找。最可能的原因：此网络上 │
                     没有中继在运行，或防火墙拦截了 UDP         │
                     5267-5268。你写的内容会保留，一旦有中继就  │
                     发送。                                     │
─ #lobby  正在寻找… ────────────────────────────────────────────┴───────────────
> 发消息到 #lobby，或输入 /help
"#,
    );
}

#[test]
fn what_is_refused() {
    let mut desk = desk();
    desk.enter_line("/jion x");
    desk.shows(
        80,
        24,
        r#"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 3 人在场
                                                                │ ● alice 你
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
! 没有命令 /jion；/help 列出命令，//jion 作为文本发送
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ─────────────────────────────
> /jion x
"#,
    );
}

#[test]
fn what_is_missing() {
    let mut desk = desk();
    let (room, from) = (lobby(), name("bob"));
    for (count, search) in [(1, MissingSearch::Asking), (3, MissingSearch::InVain)] {
        let (room, from) = (room.clone(), from.clone());
        desk.update(Update::Missing {
            room,
            from,
            count,
            search,
        });
    }
    desk.update(Update::Gone { room, count: 12 });
    desk.enter_line("/topic");
    let local = desk.send_line("早上好");
    let refusal = Refusal::Store(SafeText::new("the disk is full"));
    desk.update(Update::NotStored {
        room: lobby(),
        local,
        refusal,
    });
    let reason = crate::client::update::LossReason::Silent;
    desk.update(Update::Contact(Contact::Lost { reason }));
    desk.enter_line("/who");
    desk.enter_line("/nick alicia");
    desk.shows(
        80,
        24,
        r#"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 3 人在场
                                                                │ ● alice 你
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
12:00             ·  缺少 bob 的 1 条消息，正在询问             │
12:00             ·  bob 的 3 条消息不在此中继上                │
12:00             ·  12 条较早的消息已不在                      │
12:00             ·  此房间没有话题                             │
12:00  ✗      alice  早上好                                     │
                     未发送：中继无法存储：磁盘已满             │
12:00             ·  与中继失去联系：中继没有答复               │
12:00             ·  没有联系上中继；联系上后就会有答复         │
12:00             ·  联系上中继后你将改名为 alicia              │
─ #lobby  正在重新连接… ────────────────────────────────────────┴───────────────
> 发消息到 #lobby，或输入 /help
"#,
    );
}

#[test]
fn a_message_selected() {
    let mut desk = chinese(screens::talk());
    desk.press("Esc");
    desk.shows(
        80,
        24,
        r#"
 1 #lobby                                                              the roof
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 3 人在场
                                                                │ ● alice 你
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
                                                                │
                                                                │
──────────────────── 2026年11月23日 星期一 ──────────────────── │
12:00             →  bob 加入了房间                             │
12:00           bob  good morning! does anybody know where the  │
                     long ladder went?                          │
12:01             *  carol points at the shed                   │
12:01             ·  bob 把话题设为：the roof                   │
12:03 ✓✓      alice  it was there yesterday                     │
12:04           bob  thanks alice                               │
                     I'll have a look:                          │
                         1. shed                                │
                         2. garage                              │
12:04             ←  dave 退出了房间                            │
12:04  …      alice  good luck                                  │
─ #lobby  中继 box1    r 回复  + 反应  e 编辑  d 撤回  y 复制  i 详情  Esc 完成
> 发消息到 #lobby，或输入 /help
"#,
    );
}

#[test]
fn an_answer() {
    let mut desk = chinese(screens::talk());
    desk.press("Esc Up r");
    desk.shows(
        80,
        24,
        r#"
 1 #lobby                                                              the roof
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 3 人在场
                                                                │ ● alice 你
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
                                                                │
──────────────────── 2026年11月23日 星期一 ──────────────────── │
12:00             →  bob 加入了房间                             │
12:00           bob  good morning! does anybody know where the  │
                     long ladder went?                          │
12:01             *  carol points at the shed                   │
12:01             ·  bob 把话题设为：the roof                   │
12:03 ✓✓      alice  it was there yesterday                     │
12:04           bob  thanks alice                               │
                     I'll have a look:                          │
                         1. shed                                │
                         2. garage                              │
12:04             ←  dave 退出了房间                            │
12:04  …      alice  good luck                                  │
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 %  未发送 Enter 发送，Esc 放弃
↩ 回复 alice：it was there yesterday
> 发消息到 #lobby，或输入 /help
"#,
    );
}

#[test]
fn lists() {
    let mut desk = desk();
    desk.enter_line("/rooms");
    let asked = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Ask { request, .. } => Some(request),
            _ => None,
        });
    let room = |name: &str, members, topic: &str| RoomInfo {
        name: name.parse().unwrap(),
        members,
        seq: Seq(1),
        topic: SafeText::new(topic),
    };
    let rooms = vec![room("lobby", 3, ""), room("workshop", 12, "梯子")];
    desk.update(Update::Answer {
        request: asked.unwrap(),
        part: Answer::Rooms(rooms),
        is_last: true,
    });
    desk.enter_line("/who");
    let asked = desk
        .commands()
        .into_iter()
        .find_map(|command| match command {
            Command::Ask { request, .. } => Some(request),
            _ => None,
        });
    let members = desk.app.room().members.clone();
    desk.update(Update::Answer {
        request: asked.unwrap(),
        part: Answer::Members(members),
        is_last: true,
    });
    desk.shows(
        80,
        24,
        r#"
 1 #lobby
────────────────────────────────────────────────────────────────┬───────────────
                                                                │ 3 人在场
                                                                │ ● alice 你
                                                                │ ● bob
                                                                │ ◐ carol
                                                                │ ○ dave
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
                                                                │
12:00             ·  此中继的房间                               │
                     #lobby   3 人在场                          │
                     #workshop  12 人在场  梯子                 │
12:00             ·  此房间的成员                               │
                     ● alice  在线 (你)                         │
                     ○ dave  离线                               │
                     ● bob  在线                                │
                     ◐ carol  暂离                              │
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ─────────────┴───────────────
> 发消息到 #lobby，或输入 /help
"#,
    );
}

#[test]
fn a_name_is_asked_for() {
    let mut prompt = NamePrompt::new("alice", Looks::default(), Language::Chinese);
    let (lines, _) = draw(50, 6, |frame| prompt.draw(frame));
    assert_screen(
        &lines,
        r"
  lanterm
  你的名字（别人会看到）：
  > alice
  按 Enter 继续。以后可用 /nick 更改。
",
    );
    for c in " b@".chars() {
        prompt.handle_key(key(&c.to_string()));
    }
    let (lines, _) = draw(50, 6, |frame| prompt.draw(frame));
    assert_eq!(lines[3], "  名字含有不允许的字符：U+0020。");
}

#[test]
fn a_narrow_screen_cuts_nothing_in_half() {
    for columns in 1..60 {
        for mut desk in [chinese(screens::talk()), chinese(searching::ladders())] {
            desk.enter_line("/help");
            for line in desk.draw(columns, 12).0 {
                let wide = super::super::wrap::columns(&line);
                assert!(wide <= usize::from(columns), "{columns}: {line}");
            }
        }
    }
}

#[test]
fn the_conversations() {
    chinese(conversations::busy()).shows(120, 16, r"
 #lobby  the roof
───────────────────┬────────────────────────────────────────────────────────────────────────────┬───────────────────────
 房间              │                                                                            │ 3 人在场
 1 #lobby          │                                                                            │ ● alice 你
 2 #dev          ✎ │                                                                            │ ● bob
 3 #tea       @1 3 │                                                                            │ ◐ carol
                   │                                                                            │ ○ dave
 私聊              │                                                                            │
 4 ● bob         1 │                                                                            │
 5 ○ dave          │                                                                            │
                   │                                                                            │
                   │ ───────────────────────── 2026年11月23日 星期一 ────────────────────────── │
                   │ 12:00               ·  bob 把话题设为：the roof                            │
                   │ 12:00           carol  who has the ladder?                                 │
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ─────────────────────────────────────────────┴───────────────────────
> 发消息到 #lobby，或输入 /help
");
    chinese(conversations::busy()).shows(
        40,
        12,
        r"
 1 #lobby  2 #dev  3 #tea 3  4 @bob 1





──────── 2026年11月23日 星期一 ─────────
12:00         ·  bob 把话题设为：the
                 roof
12:00     carol  who has the ladder?
─ #lobby  中继 box1  已加密 ────────────
> 发消息到 #lobby，或输入 /help
",
    );
    let mut desk = chinese(conversations::busy());
    desk.press("C-k");
    desk.shows(
        80,
        16,
        r"
 1 #lobby  2 #dev  3 #tea 3  4 @bob 1  5 @dave                         the roof
────────────────────────────────────────────────────────────────┬───────────────
        ┌──────────────────────────────────────────────────────────────┐场
        │ 转到：                                                       │e 你
        │ > #tea                                    3 条未读，1 条给你 │
        │   @bob                                    1 条未读，1 条给你 │l
        │   #dev                                                       │
        │   @dave                                                 离线 │
        │   #lobby                                            the roof │
        │   @carol                                                暂离 │
        │   鼠标 mouse off                                        设置 │
────────│   主题 theme dark                                       设置 │
12:00   │   主题 theme light                                      设置 │
12:00   └──────────────────────────────────────────────────────────────┘
─ #lobby  中继 box1  已加密  往返 0.4 ms  丢包 0 % ── Enter 转到那里，Esc 关闭 ─
> 发消息到 #lobby，或输入 /help
",
    );
    desk.shows(
        40,
        12,
        r"
 1 #lobby  2 #dev  3 #tea 3  4 @bob 1
转到：
> #tea                3 条未读，1 条给你
  @bob                1 条未读，1 条给你
  #dev
  @dave                             离线
  #lobby                        the roof
  @carol                            暂离
  鼠标 mouse off                    设置
  主题 theme dark                   设置
─ #lobby  中继 Enter 转到那里，Esc 关闭
> 发消息到 #lobby，或输入 /help
",
    );
}
