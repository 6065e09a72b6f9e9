-- Makes changes of a log, all or none of them. ARGV has them one after another, each with its name first.
-- The first is the name of the server that asks, for the message to the others.
-- `sandtill:spaces` has "INCARNATION LAST PULSE" for every space: a number that no other space of this name
-- ever had, the number of its last event, and the number of its last change of any kind.
-- `sandtill:pulse` counts changes, from the milliseconds of its first one on, so that numbers go on above those of
-- a store that somebody has emptied; `sandtill:listed` is the number of the last one to the list of spaces, and
-- `sandtill:topics:NAME` has that of each topic of a space.
local asker = ARGV[1]
local at = 2
local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end

local function found(space)
  local value = redis.call('HGET', 'sandtill:spaces', space)
  if not value then return nil, 0 end
  local incarnation, last = string.match(value, '^(%d+) (%d+) ')
  return incarnation, tonumber(last)
end

-- The events that an append brings: pairs of number and text.
local function lines()
  local count, taken = tonumber(take()), {}
  for i = 1, count do taken[i] = {take(), take()} end
  return taken
end

local changes, known = {}, {}
local function space_of(name)
  if not known[name] then
    local incarnation, last = found(name)
    known[name] = {incarnation = incarnation, last = last}
  end
  return known[name]
end

-- What cannot be is found before anything is changed.
while at <= #ARGV do
  local change = {kind = take()}
  if change.kind == 'begin' then
    change.header = take()
  elseif change.kind == 'append' then
    change.space, change.incarnation, change.expected = take(), take(), take()
    change.topics = take()
    change.lines = lines()
    local space = space_of(change.space)
    if change.incarnation ~= '' and change.incarnation ~= space.incarnation then
      return {'gone'}
    end
    if string.format('%.0f', space.last) ~= change.expected then
      return {'conflict', change.space, change.expected, string.format('%.0f', space.last)}
    end
    space.incarnation = space.incarnation or 'new'
    space.last = space.last + #change.lines
  elseif change.kind == 'checkpoint' then
    change.space, change.incarnation, change.id, change.text = take(), take(), take(), take()
    local space = space_of(change.space)
    if change.incarnation ~= '' and change.incarnation ~= space.incarnation then
      return {'gone'}
    end
    space.last = math.max(space.last, tonumber(change.id))
  elseif change.kind == 'entry' or change.kind == 'clear' then
    change.space, change.incarnation, change.number, change.text = take(), take(), take(), take()
    if change.incarnation ~= space_of(change.space).incarnation then return {'gone'} end
  elseif change.kind == 'hold' or change.kind == 'give_back' then
    change.lease, change.millis = 'sandtill:lease:' .. take(), take()
    local holder = redis.call('GET', change.lease)
    if holder and holder ~= asker then return {'held'} end
  elseif change.kind == 'entries' then
    change.space, change.below = take(), take()
  else
    change.space, change.incarnation, change.last = take(), take(), take()
    local space = space_of(change.space)
    local is_same = change.incarnation == '' or change.incarnation == space.incarnation
    if is_same and (change.last == '' or tonumber(change.last) == space.last) then
      known[change.space] = {last = 0}
    else
      change.kind = 'nothing'
    end
  end
  changes[#changes + 1] = change
end

local function next_pulse()
  if redis.call('EXISTS', 'sandtill:pulse') == 0 then
    local now = redis.call('TIME')
    local millis = now[1] .. string.format('%03d', math.floor(tonumber(now[2]) / 1000))
    redis.call('SET', 'sandtill:pulse', millis)
  end
  return redis.call('INCR', 'sandtill:pulse')
end

local incarnation, pulse, before = '', 0, '0'
local function set_last(space, last)
  local old = found(space)
  if old then before = string.match(redis.call('HGET', 'sandtill:spaces', space), '(%d+)$') end
  pulse = next_pulse()
  incarnation = old or string.format('%.0f', pulse)
  if not old then redis.call('SET', 'sandtill:listed', incarnation) end
  local value = string.format('%s %.0f %.0f', incarnation, last, pulse)
  redis.call('HSET', 'sandtill:spaces', space, value)
end

local apply = {
  -- Of servers that begin at the same time one is first, and the others read what it has written.
  begin = function(change) redis.call('SET', 'sandtill:header', change.header, 'NX') end,
  append = function(change)
    local key = 'sandtill:events:' .. change.space
    for _, line in ipairs(change.lines) do
      redis.call('XADD', key, line[1] .. '-0', 'line', line[2])
    end
    set_last(change.space, tonumber(change.expected) + #change.lines)
    for topic in string.gmatch(change.topics, '%a+') do
      redis.call('HSET', 'sandtill:topics:' .. change.space, topic, string.format('%.0f', pulse))
    end
  end,
  checkpoint = function(change)
    local _, last = found(change.space)
    local id = tonumber(change.id)
    redis.call('XTRIM', 'sandtill:events:' .. change.space, 'MINID', string.format('%.0f-0', id + 1))
    redis.call('HSET', 'sandtill:checkpoint:' .. change.space, 'id', change.id, 'line', change.text)
    set_last(change.space, math.max(last, id))
  end,
  entry = function(change)
    local key = 'sandtill:journal:' .. change.space
    redis.call('XADD', key, 'MAXLEN', change.number, '*', 'entry', change.text)
    set_last(change.space, select(2, found(change.space)))
    redis.call('HSET', 'sandtill:topics:' .. change.space, 'journal', string.format('%.0f', pulse))
  end,
  clear = function(change)
    local key = 'sandtill:journal:' .. change.space
    -- Numbers of entries go on above those of a snapshot that was restored.
    local number = redis.call('HGET', 'sandtill:entry', change.space)
    if tonumber(change.number) > tonumber(number or '0') then
      redis.call('HSET', 'sandtill:entry', change.space, change.number)
    end
    redis.call('XTRIM', key, 'MAXLEN', 0)
    redis.call('XADD', key, '*', 'entry', change.text)
    set_last(change.space, select(2, found(change.space)))
    redis.call('HSET', 'sandtill:topics:' .. change.space, 'journal', string.format('%.0f', pulse))
  end,
  entries = function(change)
    redis.call('HSET', 'sandtill:entries', change.space, change.below)
  end,
  delete = function(change)
    redis.call('HDEL', 'sandtill:spaces', change.space)
    redis.call('HDEL', 'sandtill:entries', change.space)
    redis.call('HDEL', 'sandtill:entry', change.space)
    redis.call('HDEL', 'sandtill:used', change.space)
    redis.call('SET', 'sandtill:listed', string.format('%.0f', next_pulse()))
    for _, kind in ipairs({'events:', 'checkpoint:', 'topics:', 'journal:', 'lease:'}) do
      redis.call('DEL', 'sandtill:' .. kind .. change.space)
    end
  end,
  hold = function(change) redis.call('SET', change.lease, asker, 'PX', change.millis) end,
  give_back = function(change) redis.call('DEL', change.lease) end,
  nothing = function() end,
}

local told = {}
for _, change in ipairs(changes) do
  apply[change.kind](change)
  if change.space and change.kind ~= 'entries' and not told[change.space] then
    told[change.space] = true
    redis.call('PUBLISH', 'sandtill:moved', asker .. ' ' .. change.space)
  end
end
return {'done', incarnation, string.format('%.0f', pulse), before}
