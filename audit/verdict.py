"""What a verification answers: verified, or the first wrong thing by name, with what it means and does not.

`FINDINGS` is the whole table. A finding says what was found, never who did it: verification sees bytes, not
hands. Where one name says "altered or forged" the bytes do not tell more.
"""

from dataclasses import asdict, dataclass, replace
from typing import Final

from audit.national import NationalKey, find_library

VERIFIED: Final = "verified"
VERIFIED_QUICK: Final = "verified_quick"

UNCHECKED: Final = (
    "；没有密钥库，个人信息未核对",
    "; personal values were NOT checked: there was no vault to open them",
)
"""What a verdict adds when nobody could open the personal values."""

SM2_UNCHECKED: Final = (
    "；未安装国密组件，SM2 签名未核对",
    "; SM2 signatures were NOT checked: the extra `sm` is not installed",
)
"""What a verdict adds when a log has SM2 signatures and nothing here checks them."""

COMPARED: Final = (
    "；导出的 {rows} 行与账目相符",
    "; the {rows} exported rows are as the entries recorded them",
)
"""What a verdict adds when exported rows were compared."""

RECORDED: Final = (
    "；与市级账本所记的 {recorded} 个检查点相符",
    "; it is the log of the {recorded} checkpoints that the city's log recorded",
)
"""What a verdict adds when the city's log was held against this one."""

STAMPED: Final = (
    "；前 {size} 条账目最迟于 {time} 已存在：授时机构 {authority} 所证（共 {count} 枚时间戳，均有效）",
    "; its first {size} entries existed by {time}, says the time authority {authority} (time-stamps: {count}, and all hold)",
)
"""What a verdict adds when time tokens were judged: what the last of them says."""

STAMPED_UNJUDGED: Final = (
    "；所附 {count} 枚时间戳正是账目所记，但信任文件未列授时机构，未核对其签名",
    "; the {count} time-stamps are those that entries recorded, but their signatures were NOT checked: no time authority is trusted",
)
"""What a verdict adds when there are time tokens and nobody to judge them by."""

UNSTAMPED: Final = (
    "；账本未记有时间戳：没有授时机构证明其何时已存在",
    "; the log records no time-stamp: no time authority says when it existed",
)
"""What a verdict adds when time authorities are trusted and the log has no token."""

FINDINGS: Final[dict[str, tuple[str, str]]] = {
    "verified": (
        "账本 {origin} 的 {size} 条账目完整，签名与顺序无误",
        "the log {origin} of {size} entries is whole: every signature holds and the order is unchanged",
    ),
    "verified_quick": (
        "账本 {origin} 的 {size} 条账目正是已签名头部所见证的字节；未核对：各条账目的签名、顺序、格式与密钥变更，以及时间戳",
        "the {size} entries of the log {origin} are the very bytes that the signed head vouches for; NOT checked: each entry's "
        "signatures, order and form, changes of keys, and time-stamps",
    ),
    "quorum_missing": (
        "头部只有 {found} 个所信见证人的联署，须有 {quorum} 个：不能排除另有一份历史示人；不说明账目本身有误",
        "the head is cosigned by {found} of the trusted witnesses, {quorum} are needed: others may have been shown another history; "
        "says nothing of the entries",
    ),
    "cosignature_wrong": (
        "头部所带所信见证人的联署无效（{reason}）：联署被改动或伪造；不说明账目本身有误",
        "a trusted witness's cosignature of the head does not hold ({reason}): changed or forged; says nothing of the entries",
    ),
    "head_malformed": (
        "头部文书不是规定格式（{reason}）：被改动或不是本格式；其余内容未检查",
        "the head is not in its format ({reason}): damaged or of another kind; nothing else was checked",
    ),
    "head_key_unknown": (
        "头部没有所持公钥的签名：可能是别的账本或换了密钥；不说明账目本身有误",
        "the head is not signed by the pinned key: another log or another key; says nothing of the entries",
    ),
    "head_altered": (
        "头部签名无效：头部被改动；不说明账目本身有误",
        "the head's signature does not hold: the head was changed; says nothing of the entries",
    ),
    "rolled_back": (
        "账本只有 {size} 条，而所存旧头部已见证 {since} 条：末尾账目被删、头部被回退",
        "the log has {size} entries, the kept head vouches for {since}: it was cut and its head rolled back",
    ),
    "rolled_back_incarnated": (
        "所存旧头部见证的 {since} 条中，第 {stored} 号起的账目已失：账本曾被退回到 {stored} 条，"
        "第 {seq} 号账目承认此事（所失头部 {size} 条）：{reason}",
        "of the {since} entries of the kept head those from {stored} on are lost: the log was put back to {stored} entries, "
        "and entry {seq} owns up to it (the head given up had {size}): {reason}",
    ),
    "history_rewritten": (
        "前 {since} 条账目与所存旧头部不符：历史被持钥者重写；每条签名单独看仍有效",
        "the first {since} entries are not those of the kept head: history was rewritten with the key",
    ),
    "bundle_missing": (
        "缺少文件 {file}，自第 {seq} 号账目起无法读取；不说明其余账目有误",
        "the file {file} is missing, so entries from {seq} on cannot be read; says nothing of the others",
    ),
    "bundle_malformed": (
        "文件 {file} 的长度标记被破坏（{reason}）：有字节被增、删或改",
        "the framing of {file} is broken ({reason}): bytes were added, removed or changed",
    ),
    "bundle_unexpected": (
        "多出文件 {file}：头部没有见证其中的内容",
        "the file {file} is not part of the log that the head vouches for",
    ),
    "entry_not_canonical": (
        "第 {seq} 号账目的字节不是规范形式（{reason}）：有字节被改动",
        "the bytes of entry {seq} are not canonical ({reason}): a byte was changed",
    ),
    "entry_malformed": (
        "第 {seq} 号账目不符合格式（{field}）：内容被改动",
        "entry {seq} breaks the schema ({field}): its content was changed",
    ),
    "entry_foreign": (
        "第 {seq} 号账目属于账本 {found}，不属于本账本",
        "entry {seq} belongs to the log {found}, not to this one",
    ),
    "entry_key_unknown": (
        "第 {seq} 号账目的签名密钥 {found} 不是所持公钥；可能是改动，也可能是另一把密钥",
        "entry {seq} names the key {found}, which is not the pinned one: an edit, or another signer",
    ),
    "entry_key_retired": (
        "第 {seq} 号账目由已停用的密钥 {found} 签署：换钥之后旧密钥不再有效，此条系伪造；换钥之前的账目不受影响",
        "entry {seq} is signed by the key {found}, which the log had retired before: it was forged with the old key; "
        "entries before the change of keys are not touched by this",
    ),
    "head_key_retired": (
        "头部由已停用的密钥签署，而其所述账目中已换钥：头部不可信；账目本身有效",
        "the head is signed by a key that its own entries had retired: it cannot be trusted; the entries hold",
    ),
    "key_rotation_wrong": (
        "第 {seq} 号账目（更换账本密钥）格式不符、旧钥不是现用密钥、新钥曾经停用，或新钥的证明无效",
        "entry {seq}, a change of the log's key: malformed, not from the key in force, to a retired one, or without "
        "the new key's proof",
    ),
    "key_entry_wrong": (
        "第 {seq} 号账目（{operation}）不符合经办人密钥的规则（{field}）：该账目不能改变哪些密钥有效",
        "entry {seq} ({operation}) breaks the rules of officers' keys ({field}): it cannot change which keys count",
    ),
    "officer_key_one_person": (
        "第 {seq} 号账目：经办人密钥 {key} 未经另外两人认证（本人认证，或同一人认证两次）",
        "entry {seq}: the officer's key {key} was not certified by two others (by its officer, or by one person twice)",
    ),
    "signing_policy_one_person": (
        "第 {seq} 号账目放宽了签名要求，但没有另一名管理员先行提出",
        "entry {seq} asks for fewer signatures, and no other administrator had proposed it",
    ),
    "officer_key_not_in_force": (
        "第 {seq} 号账目的经办人密钥 {key} 当时无效：尚未认证、已更换或已吊销；不说明此前的账目有误",
        "the officer's key {key} of entry {seq} was not in force: not certified yet, replaced, or revoked; says nothing of earlier entries",
    ),
    "officer_key_foreign": (
        "第 {seq} 号账目的经办人密钥 {key} 不属于所记行为人",
        "the officer's key {key} of entry {seq} is not that of the actor it names",
    ),
    "officer_signature_missing": (
        "第 {seq} 号账目（{operation}）按规定须有经办人签名，却没有：只有服务器的说法；不说明经办人做过或没做过",
        "entry {seq} ({operation}) needs an officer's signature and has none: it is the server's word alone; it does not tell "
        "whether the officer acted",
    ),
    "officer_signature_moved": (
        "第 {seq} 号账目的经办人签名是为另一件事签的（操作、账本、请求或对象不同）：签名被挪用",
        "the officer's signature in entry {seq} was given for another act (operation, log, request or subject): it was moved here",
    ),
    "officer_signature_expired": (
        "第 {seq} 号账目记于 {time}，经办人签名当时已过期或没有期限",
        "entry {seq} was recorded at {time}, when the officer's signature had expired, or it names no end",
    ),
    "officer_signature_wrong": (
        "第 {seq} 号账目的经办人签名与所记内容不符：内容不是密钥 {key} 的持有人所签",
        "the officer's signature in entry {seq} does not hold: what it says is not what the holder of {key} signed",
    ),
    "suite_undeclared": (
        "第 {seq} 号账目带有 SM2 签名，但账本尚未声明国密套件与密钥；Ed25519 签名有效",
        "entry {seq} has an SM2 signature before the log declared the suite and its key; the Ed25519 signature holds",
    ),
    "suite_downgraded": (
        "第 {seq} 号账目缺少 SM2 签名：账本已声明此后每条都有，套件被降级；Ed25519 签名有效",
        "entry {seq} lacks the SM2 signature that the log has declared for every entry: the suite was downgraded; the Ed25519 "
        "signature holds",
    ),
    "suite_wrong": (
        "第 {seq} 号账目（声明套件）不符合格式",
        "entry {seq}, which declares the suite, is malformed",
    ),
    "sm2_key_unknown": (
        "第 {seq} 号账目的 SM2 签名出自账本未声明或此前已更换的密钥；Ed25519 签名有效",
        "the SM2 signature of entry {seq} names a key that the log has not declared, or that it has replaced before; the Ed25519 "
        "signature holds",
    ),
    "sm2_handover_wrong": (
        "第 {seq} 号账目更换 SM2 密钥，但旧 SM2 密钥的交接签名无效：更换未经旧密钥同意；Ed25519 签名有效",
        "entry {seq} changes the SM2 key, and the old SM2 key's signature for the new one does not hold: it never agreed; the Ed25519 "
        "signature holds",
    ),
    "sm2_altered": (
        "第 {seq} 号账目的 SM2 签名无效：该签名被改动或伪造；Ed25519 签名有效，内容未改",
        "the SM2 signature of entry {seq} does not hold: it was altered or forged; the Ed25519 signature holds, so the content "
        "is as signed",
    ),
    "officer_key_unknown": (
        "第 {seq} 号账目带有经办人签名，但账本没有登记该密钥，无法采信",
        "entry {seq} has an officer's signature by a key that the log never declared; it cannot be trusted",
    ),
    "entry_altered": (
        "第 {seq} 号账目不是服务器签署的内容：被改动或伪造；哪一处改动无从得知",
        "entry {seq} is not what the server signed: altered or forged; which field cannot be told",
    ),
    "actor_edited": (
        "第 {seq} 号账目的行为人被改：签署的是 {was}，现写作 {now}；其余内容未改",
        "the actor of entry {seq} was edited: {was} was signed, {now} is written; the rest is as signed",
    ),
    "subject_edited": (
        "第 {seq} 号账目的对象被改：签署的是 {was}，现写作 {now}；其余内容未改",
        "the subject of entry {seq} was edited: {was} was signed, {now} is written; the rest is as signed",
    ),
    "entry_inserted": (
        "第 {seq} 号位置插入了服务器未签署的账目；原有账目仍在其后",
        "an entry that the server never signed was inserted at {seq}; the genuine ones are still there",
    ),
    "entries_swapped": (
        "第 {seq} 号与第 {other} 号账目被对调；两条内容本身未改",
        "entries {seq} and {other} were swapped; both are as they were signed",
    ),
    "entry_missing": (
        "第 {seq} 号账目缺失；其余账目是否完整须另行检查",
        "entry {seq} is missing; the entries around it may be genuine",
    ),
    "entry_repeated": (
        "第 {seq} 号位置重复插入了第 {other} 号账目；账目内容本身未改",
        "entry {other} is repeated in the place of {seq}; the entry itself is genuine",
    ),
    "chain_broken": (
        "第 {seq} 号账目签名有效，但不接在前一条之后：同一密钥签出了另一段历史",
        "entry {seq} is signed but does not follow the entry before it: the key signed another history",
    ),
    "opening_wrong": (
        "第 {seq} 号账目：开账声明缺失、重复，或声明的密钥不是所持公钥",
        "entry {seq}: the opening is missing, repeated, or declares another key than the pinned one",
    ),
    "time_reversed": (
        "第 {seq} 号账目的时间 {time} 早于前一条的 {before}：账本声明时间不倒退；签名与顺序有效",
        "the time {time} of entry {seq} is before its predecessor's, {before}, in a log that declares that times ascend; "
        "signatures and order hold",
    ),
    "incarnation_wrong": (
        "第 {seq} 号账目（退回声明）不符合格式，或所述库存头部不是它之前的账目",
        "entry {seq}, an incarnation, is malformed, or the stored head that it names is not the entries before it",
    ),
    "root_wrong": (
        "账目逐条有效，但根与头部不符：头部见证的是另一段历史",
        "every entry holds but their root is not the head's: the head vouches for another history",
    ),
    "entries_cut": (
        "头部称有 {size} 条账目，只存有 {found} 条：末尾账目被删",
        "the head row says {size} entries, {found} are stored: the last ones were cut",
    ),
    "head_row_wrong": (
        "库中头部的 {column} 与账目不符：头部被改动或回退；账目本身有效",
        "the stored head's {column} is not that of the entries: edited or rolled back; the entries hold",
    ),
    "column_edited": (
        "第 {seq} 号账目的列 {column} 与签署内容不符：该列被改动；账目本身有效",
        "the column {column} of entry {seq} is not what was signed: the column was edited; the entry holds",
    ),
    "row_record_wrong": (
        "行摘要记录 {table}/{key} 与第 {seq} 号账目不符：记录被增、删或改；账目本身有效",
        "the record of row {table}/{key} is not entry {seq}'s: added, removed or edited; the entry holds",
    ),
    "checkpoint_row_wrong": (
        "库中 {size} 条处的已公布检查点被改动：文书与所列条数、根或账本不符，或不合格式；账目本身有效",
        "the stored checkpoint of {size} entries was edited: its note is not what its columns say, of another log, or no note; the "
        "entries hold",
    ),
    "checkpoint_unsigned": (
        "库中 {size} 条处的已公布检查点没有当时现用密钥的有效签名：被改动或伪造；不说明账目有误",
        "the stored checkpoint of {size} entries is not signed by the key in force there: edited or forged; says nothing of the entries",
    ),
    "checkpoint_contradicted": (
        "前 {size} 条账目与已公布的检查点不符：历史被持钥者重写，或该检查点系持钥者伪造；每条签名单独看仍有效，何者为先无从得知",
        "the first {size} entries are not those of the checkpoint published over them: history was rewritten with the key, or the "
        "checkpoint was forged with it; it does not tell which came first",
    ),
    "checkpoint_beyond": (
        "已公布的检查点见证 {published} 条账目，只存有 {size} 条：末尾账目被删、头部被回退",
        "a checkpoint over {published} entries was published, {size} are stored: the log was cut and its head rolled back",
    ),
    "exported_tile_wrong": (
        "导出的哈希片 {file} 缺失或与账目不符：该文件被改动；账目本身有效",
        "the exported hash tile {file} is missing or not that of the entries: the file was changed; the entries hold",
    ),
    "published_wrong": (
        "导出的已公布检查点（published）不是本账本的：被改动，或所见证的是另一段历史；账目本身与头部相符",
        "the exported checkpoint (published) is not this log's: changed, or it vouches for another history; the entries are the head's",
    ),
    "tile_wrong": (
        "库中的哈希片 {level}/{index} 与账目不符：该片被改动或多出；账目本身有效，由它所出的证明会被拒",
        "the stored hash tile {level}/{index} is not that of the entries: edited or added; the entries hold, and a proof made of it is "
        "refused by whoever checks it",
    ),
    "tile_missing": (
        "库中缺少已公布的哈希片 {level}/{index}：该片被删；账目本身有效",
        "the published hash tile {level}/{index} is not stored: it was deleted; the entries hold",
    ),
    "witnessed_row_wrong": (
        "库中所记 {origin} 的县级检查点与第 {seq} 号账目不符：该行被增、删或改；账目本身有效",
        "the stored record of the checkpoint of {origin} is not entry {seq}'s: added, removed or edited; the entry holds",
    ),
    "witnessed_malformed": (
        "市级账本第 {seq} 号账目记录的县级检查点不合格式：不说明县级账本有误",
        "entry {seq} of the city's log does not record checkpoints as it must; says nothing of the county's log",
    ),
    "witnessed_unsigned": (
        "市级账本第 {seq} 号账目记录的检查点没有 {origin} 的有效签名：该记录不作数，不说明县级账本有误",
        "the checkpoint that entry {seq} of the city's log recorded is not signed by {origin}: the record counts for nothing, "
        "and says nothing of the county's log",
    ),
    "witnessed_beyond": (
        "市级账本第 {seq} 号账目记录此账本已有 {recorded} 条，这里只有 {size} 条：末尾账目被删，或导出早于市级账本",
        "entry {seq} of the city's log recorded {recorded} entries of this log, here are {size}: it was cut, or exported before the city's",
    ),
    "witnessed_contradicted": (
        "前 {recorded} 条账目与市级账本第 {seq} 号账目所记 {origin} 的检查点不符：此账本有两段历史，均由其密钥签名",
        "the first {recorded} entries are not those of the checkpoint of {origin} in entry {seq} of the city's log: "
        "there are two histories, both signed by its key",
    ),
    "witnessed_incarnated": (
        "前 {recorded} 条账目与市级账本第 {seq} 号账目所记不符；此账本第 {incarnation} 号账目已声明退回（{reason}）："
        "其间账目已不在此账本中",
        "the first {recorded} entries are not what entry {seq} of the city's log recorded; entry {incarnation} of this log owns up to "
        "having been put back ({reason}): the entries between are not in it",
    ),
    "timestamped_malformed": (
        "第 {seq} 号账目（记录时间戳）不符合格式",
        "entry {seq}, which records a time-stamp, is malformed",
    ),
    "timestamp_row_wrong": (
        "库中的时间戳与第 {seq} 号账目所记不符：时间戳或其所盖的已公布检查点（{size} 条）被增、删、改或调换；账目本身有效",
        "the stored time-stamp, or the published checkpoint of {size} entries that it is over, is not what entry {seq} recorded: added, "
        "deleted, edited or exchanged; the entries hold",
    ),
    "timestamp_file_wrong": (
        "导出的 {file} 缺失，或不是第 {seq} 号账目所记：该文件被删、改或调换；账目本身有效",
        "the exported {file} is missing or not what entry {seq} recorded: deleted, changed or exchanged; the entries hold",
    ),
    "timestamp_contradicted": (
        "第 {seq} 号账目所记时间戳盖的检查点不是本账本前 {size} 条的：历史在盖戳后被持钥者重写，或该账目系持钥者伪造",
        "the checkpoint that the time-stamp of entry {seq} is over is not that of this log's first {size} entries: history was "
        "rewritten with the key after it was stamped, or the record was forged with it",
    ),
    "timestamp_malformed": (
        "{size} 条处的时间戳不是规定格式（{reason}）：被改动或不是本格式；账目本身有效",
        "the time-stamp over {size} entries is not in its format ({reason}): changed or of another kind; the entries hold",
    ),
    "timestamp_of_other_bytes": (
        "{size} 条处的时间戳盖的是别的内容：它不证明该检查点何时存在；账目本身有效",
        "the time-stamp over {size} entries is over other bytes than that checkpoint: it does not tell when that existed; the entries hold",
    ),
    "timestamp_authority_unknown": (
        "{size} 条处的时间戳出自不受信任的机构（{reason}）：其证书不通向信任文件所列；不说明时间有误，账目本身有效",
        "the time-stamp over {size} entries is by an authority that is not trusted ({reason}): its certificate leads to none of those "
        "pinned; it does not tell that the time is wrong, and the entries hold",
    ),
    "timestamp_signature_wrong": (
        "{size} 条处的时间戳签名无效（{reason}）：被改动或伪造；账目本身有效",
        "the signature of the time-stamp over {size} entries does not hold ({reason}): changed or forged; the entries hold",
    ),
    "timestamp_not_for_stamping": (
        "{size} 条处时间戳的签名证书（{reason}）不是专用于盖时间戳的：该时间不可采信；账目本身有效",
        "the certificate ({reason}) that signed the time-stamp over {size} entries is not for time stamping alone: the time counts for "
        "nothing; the entries hold",
    ),
    "timestamp_out_of_validity": (
        "{size} 条处时间戳所称时刻，证书（{reason}）尚未生效或已过期：该时间不可采信；账目本身有效",
        "at the moment that the time-stamp over {size} entries names, the certificate ({reason}) was not valid yet or no more: the time "
        "counts for nothing; the entries hold",
    ),
    "admission_unfounded": (
        "第 {seq} 号账目接纳的经办人密钥 {key}，其所引 {home} 第 {cited} 号账目并未使该密钥生效：接纳系伪造，以该密钥签署的账目不能视为该经办人所为；"
        "不说明 {home} 有误",
        "entry {seq} admits the officer key {key}, and entry {cited} of {home} that it cites did not put that key in force: the admission is forged, "
        "and what is signed by the key is not that officer's word; says nothing of {home} itself",
    ),
    "officer_key_ended_at_home": (
        "第 {seq} 号账目以经办人密钥 {key} 签署，而该密钥早在 {ended} 已由 {home} 终止：不能视为该经办人所为；先后以两本账目所记时间为准",
        "entry {seq} is signed by the officer key {key}, which {home} had ended at {ended}: it is not that officer's word; which came first is by the "
        "times that the two logs say",
    ),
    "admission_late": (
        "第 {seq} 号账目接纳的经办人密钥 {key} 早在 {ended} 已由 {home} 终止：接纳无据，此后以该密钥签署的不能视为该经办人所为；先后以两本账目所记时间为准",
        "entry {seq} admits the officer key {key}, which {home} had ended at {ended}: nothing founds the admission, and what is signed by the key since is "
        "not that officer's word; which came first is by the times that the two logs say",
    ),
    "row_changed": (
        "{table}/{key} 与第 {seq} 号账目所记不同：该行绕过账本被改动",
        "{table}/{key} is not as entry {seq} recorded it: the row was changed behind the ledger's back",
    ),
    "row_missing": (
        "{table}/{key} 在第 {seq} 号账目中有记录，表中已不存在：该行被删除",
        "{table}/{key}, recorded by entry {seq}, is gone from its table: the row was deleted",
    ),
    "row_extra": (
        "{table}/{key} 没有任何账目记录：该行绕过账本被插入",
        "{table}/{key} is recorded by no entry: the row was inserted behind the ledger's back",
    ),
    "value_changed": (
        "{subject} 的个人信息 {field} 与账本所记的承诺不符：该值被改动；账目本身有效",
        "the personal value {field} of {subject} does not open its commitment: it was changed; the entries hold",
    ),
    "value_missing": (
        "{table}/{key} 的个人信息 {field} 不在库中，而没有账目记载其已删除：该值绕过账本被删；账目与各行有效",
        "the personal value {field} of {table}/{key} is gone and no entry says that it was erased: it was deleted behind the "
        "ledger's back; entries and rows hold",
    ),
    "value_returned": (
        "{subject} 的个人信息 {field} 已由第 {seq} 号账目删除，却仍在库中：可能自旧备份写回；账目有效",
        "the personal value {field} of {subject} was erased by entry {seq} and is there again: put back, perhaps from an older "
        "copy; the entries hold",
    ),
    "file_missing": (
        "第 {seq} 号账目所记文件 {sha256}（{key}）不在存储中；账目与各行有效",
        "the file {sha256} ({key}) that entry {seq} recorded is not in the store; entries and rows hold",
    ),
    "file_altered": (
        "存储中的文件 {sha256}（{key}）与第 {seq} 号账目所记不同：文件被改动；账目与各行有效",
        "the file {sha256} ({key}) is not as entry {seq} recorded it: it was changed; entries and rows hold",
    ),
    "value_unopenable": (
        "{subject} 的个人信息 {field} 无法解密：内容被改动或移动，或密钥不在保管处；账目本身有效",
        "the personal value {field} of {subject} does not open: it was changed or moved, or its key is gone from the vault; the entries hold",
    ),
    "table_unknown": (
        "账目记录了未知的表 {table}，无法核对其行；账目本身有效",
        "entries record the table {table}, which is not known here: its rows cannot be compared",
    ),
}


@dataclass(frozen=True, slots=True)
class Stamps:
    """How many time tokens there are, all of which hold, and what that over the most entries says; `time` is None when none was judged."""

    count: int
    size: int | None = None
    time: str | None = None
    authority: str | None = None

    def told(self) -> tuple[str, str]:
        """What a verdict adds, zh and en."""
        texts = UNSTAMPED if not self.count else STAMPED_UNJUDGED if self.time is None else STAMPED
        zh, en = (
            text.format(count=self.count, size=self.size, time=self.time, authority=self.authority)
            for text in texts
        )
        return zh, en


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer.

    `seq` is where the first wrong thing is, if it has a place; `root` (32 bytes) only when verified; `values_checked`
    only for a log in its database, `sm2_checked` only for one that has SM2 signatures.
    """

    ok: bool
    code: str
    zh: str
    en: str
    origin: str
    seq: int | None = None
    size: int | None = None
    root: bytes | None = None
    since: int | None = None
    values_checked: bool | None = None
    sm2_checked: bool | None = None
    cosigned: int | None = None
    rows: int | None = None
    recorded: int | None = None
    stamps: Stamps | None = None

    def with_rows(self, count: int) -> "Verdict":
        """This verdict on a log that held, where `count` exported rows are as it recorded them too."""
        zh, en = (text.format(rows=count) for text in COMPARED)
        return replace(self, zh=self.zh + zh, en=self.en + en, rows=count)

    def with_recorded(self, count: int) -> "Verdict":
        """This verdict on a log that held, where `count` checkpoints that the city's log recorded are of it."""
        zh, en = (text.format(recorded=count) for text in RECORDED)
        return replace(self, zh=self.zh + zh, en=self.en + en, recorded=count)

    def with_stamps(self, stamps: Stamps | None) -> "Verdict":
        """This verdict on a log that held, with its time tokens, None where nobody asked and there are none."""
        if stamps is None:
            return self
        zh, en = stamps.told()
        return replace(self, zh=self.zh + zh, en=self.en + en, stamps=stamps)

    def to_json(self) -> dict[str, object]:
        """The verdict as JSON values; the root in hex."""
        return {
            "ok": self.ok,
            "code": self.code,
            "zh": self.zh,
            "en": self.en,
            "origin": self.origin,
            "seq": self.seq,
            "size": self.size,
            "root": None if self.root is None else self.root.hex(),
            "since": self.since,
            "values_checked": self.values_checked,
            "sm2_checked": self.sm2_checked,
            "cosigned": self.cosigned,
            "rows": self.rows,
            "recorded": self.recorded,
            "stamps": None if self.stamps is None else asdict(self.stamps),
        }


class RefutedError(Exception):
    """Ends a verification at its first finding. `seq` and the other details fill the finding's text."""

    def __init__(self, code: str, seq: int | None = None, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.seq = seq
        self.details = details

    def verdict(self, origin: str) -> Verdict:
        """The verdict on the log of this origin."""
        zh, en = (text.format(seq=self.seq, **self.details) for text in FINDINGS[self.code])
        return Verdict(False, self.code, zh, en, origin, self.seq)


def verified(
    origin: str,
    size: int,
    root: bytes,
    since: int | None,
    *,
    values: bool | None = None,
    sm2: NationalKey | None = None,
    quick: bool = False,
    cosigned: int | None = None,
) -> Verdict:
    """The verdict on a log that held; `values` says whether personal values were checked too, None where there are none.

    `sm2` is the key that signs beside, where one was declared.
    """
    code = VERIFIED_QUICK if quick else VERIFIED
    zh, en = (text.format(origin=origin, size=size) for text in FINDINGS[code])
    if values is False:
        zh, en = zh + UNCHECKED[0], en + UNCHECKED[1]
    checked = None if sm2 is None else find_library() is not None
    if checked is False:
        zh, en = zh + SM2_UNCHECKED[0], en + SM2_UNCHECKED[1]
    return Verdict(True, code, zh, en, origin, None, size, root, since, values, checked, cosigned)
